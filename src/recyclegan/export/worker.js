// Runs the model, beside the page, so that the page stays alive.
let ort, session, kind, way;

const beside = (name) => fetch(new URL(name, import.meta.url));

async function unpacked(name) {
  const answer = await beside(name);
  if (!answer.ok) throw new Error(`${name} is missing from this page's folder.`);
  const stream = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function start(wanted) {
  const script = wanted === "webgpu" ? "ort.jspi.bundle.min.mjs" : "ort.wasm.bundle.min.mjs";
  const code = wanted === "webgpu" ? "ort-wasm-simd-threaded.jspi.wasm" : "ort-wasm-simd-threaded.wasm";
  ort = await import(`./${script}`);
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
  ort.env.wasm.wasmBinary = await unpacked(`${code}.gz.bin`);
  kind = wanted;
}

async function load(direction) {
  if (way === direction) return;
  const old = session;
  way = session = undefined;
  await old?.release();
  const answer = await beside(`${direction}.onnx`);
  if (!answer.ok) throw new Error(`${direction}.onnx is missing from this page's folder.`);
  const model = new Uint8Array(await answer.arrayBuffer());
  session = await ort.InferenceSession.create(model, { executionProviders: [kind] });
  way = direction;
}

async function translate(pixels, width, height) {
  const size = width * height;
  const values = new Float32Array(3 * size);
  for (let i = 0; i < size; i++)
    for (let c = 0; c < 3; c++) values[c * size + i] = pixels[4 * i + c] / 127.5 - 1;
  const { result } = await session.run({ picture: new ort.Tensor("float32", values, [1, 3, height, width]) });
  const made = new Uint8ClampedArray(4 * size);
  const data = result.data;
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) made[4 * i + c] = (data[c * size + i] + 1) * 127.5;
    made[4 * i + 3] = 255;
  }
  result.dispose();
  return made;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.start) {
      await start(data.start);
      self.postMessage({ id: data.id });
      return;
    }
    await load(data.direction);
    const begin = performance.now();
    const pixels = await translate(data.pixels, data.width, data.height);
    self.postMessage({ id: data.id, pixels, ms: performance.now() - begin }, [pixels.buffer]);
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
};
