"use strict";
const $ = (id) => document.getElementById(id);
const model = JSON.parse($("model").textContent);
const LARGEST = 1280; // Pixels of the longer side: more would not fit into a tab's memory.
const say = (words, wrong = false) => { $("status").textContent = words; $("status").classList.toggle("wrong", wrong); };
let worker, waiting = new Map(), number = 0, direction = model.directions[0], source = null, made = null, run = 0;

function ask(message, transfer = []) {
  return new Promise((resolve, reject) => {
    waiting.set(++number, { resolve, reject });
    worker.postMessage({ ...message, id: number }, transfer);
  });
}

async function begin(kind) {
  worker?.terminate();
  // A worker from a blob is under the page's policy; one from a file would be under its server's.
  const file = new URL("worker.js", location.href);
  const script = new Blob([`import ${JSON.stringify(file.href)};`], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(script), { type: "module" });
  worker.onmessage = ({ data }) => {
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    data.error ? reject(new Error(data.error)) : resolve(data);
  };
  worker.onerror = () => { for (const one of waiting.values()) one.reject(new Error("the worker could not start")); waiting.clear(); };
  await ask({ start: kind });
  await check();
  $("engine").textContent = kind === "webgpu" ? "WebGPU" : "WebAssembly";
}

async function pixelsOf(name) {
  const bitmap = await createImageBitmap(await (await fetch(name)).blob());
  return onCanvas(bitmap, bitmap.width, bitmap.height).getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
}

// The browser's arithmetic is trusted once it makes what torch made of a small picture.
async function check() {
  const given = await pixelsOf(`check-in-${direction.name}.png`), wanted = await pixelsOf(`check-out-${direction.name}.png`);
  const { pixels } = await infer(given);
  let worst = 0;
  for (let i = 0; i < pixels.length; i++) worst = Math.max(worst, Math.abs(pixels[i] - wanted.data[i]));
  $("checked").textContent = `within ${worst} grey level${worst === 1 ? "" : "s"} of the original model`;
  if (worst > 6) throw new Error("this device computes something else");
}

const infer = (image) => ask({ direction: direction.name, pixels: image.data, width: image.width, height: image.height });

function onCanvas(picture, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return canvas;
}

function show(canvas, image) {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function blend() {
  if (!made) return;
  const part = $("strength").value / 100, mixed = new ImageData(made.width, made.height);
  for (let i = 0; i < mixed.data.length; i++) mixed.data[i] = source.data[i] + (made.data[i] - source.data[i]) * part;
  show($("after"), mixed);
  $("percent").textContent = `${$("strength").value} %`;
}

async function translate() {
  if (!source) return;
  const mine = ++run, given = source;
  document.body.classList.add("busy");
  say("Translating …");
  try {
    const { pixels, ms } = await infer(given);
    if (mine !== run) return;
    made = new ImageData(pixels, given.width, given.height);
    show($("before"), given);
    blend();
    $("stage").hidden = false;
    $("stage").style.setProperty("--ratio", given.width / given.height);
    $("download").disabled = false;
    say(`${given.width} × ${given.height} in ${(ms / 1000).toFixed(2)} s${given.note ?? ""}`);
    document.body.dataset.done = String(mine);
  } catch (error) {
    say(`This picture could not be translated (${error.message}). Try a smaller one.`, true);
  } finally {
    if (mine === run) document.body.classList.remove("busy");
  }
}

async function open(blob) {
  let bitmap;
  try { bitmap = await createImageBitmap(blob); }
  catch { say("This file is not a picture that the browser can read: try a JPEG, PNG or WebP.", true); return; }
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale)), height = Math.max(1, Math.round(bitmap.height * scale));
  source = onCanvas(bitmap, width, height).getContext("2d").getImageData(0, 0, width, height);
  if (scale < 1) source.note = ` (made smaller from ${bitmap.width} × ${bitmap.height})`;
  await translate();
}

async function file(one) {
  if (!one) return;
  camera.stop();
  await (one.type.startsWith("video/") ? camera.film(one) : open(one));
}

function samples() {
  $("samples").replaceChildren(...Array.from({ length: direction.samples }, (_, index) => {
    const button = document.createElement("button"), name = `sample-${direction.name}-${index}.jpg`;
    button.innerHTML = `<img src="${name}" alt="Sample ${index + 1}">`;
    button.onclick = async () => { camera.stop(); await open(await (await fetch(name)).blob()); };
    return button;
  }));
}

for (const input of document.querySelectorAll("[name=direction]"))
  input.onchange = async () => { direction = model.directions[input.value]; words(); samples(); if (!camera.on()) await translate(); };
function words() { $("tag-before").textContent = direction.source; $("tag-after").textContent = direction.target; }
$("cut").oninput = () => $("stage").style.setProperty("--cut", `${$("cut").value}%`);
$("strength").oninput = blend;
$("file").onchange = () => { file($("file").files[0]); $("file").value = ""; };
$("choose").onclick = () => $("file").click();
$("camera").onclick = () => (camera.on() ? camera.stop() : camera.start());
$("download").onclick = () => $("after").toBlob((blob) => {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${direction.target}.png` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => { event.preventDefault(); document.body.classList.remove("over"); file(event.dataTransfer.files[0]); });

(async () => {
  words();
  if (location.protocol === "file:") return say("A browser runs this page only from a server: python -m http.server in its folder, then http://localhost:8000.", true);
  if (!("WebAssembly" in window) || !("DecompressionStream" in window)) return say("This browser has no WebAssembly, or is too old: use a current Chrome, Firefox, Edge or Safari.", true);
  samples();
  say("Loading the model …");
  try {
    // The graphics card's runtime is built on promises in WebAssembly, which not every browser has.
    const card = "Suspending" in WebAssembly && await navigator.gpu?.requestAdapter().catch(() => null);
    try { await begin(card ? "webgpu" : "wasm"); }
    catch (error) { if (!card) throw error; await begin("wasm"); }
    document.body.classList.add("ready");
    for (const id of ["choose", "camera"]) $(id).disabled = false;
    await open(await (await fetch(`sample-${direction.name}-0.jpg`)).blob());
  } catch (error) {
    say(`The model could not be started (${error.message}). Reload the page, or try another browser.`, true);
  }
})();
