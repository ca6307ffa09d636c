"use strict";
// Frames of a camera or a film, one after the other, as fast as they are translated.
const camera = (() => {
  const SIDE = 256;
  let video = null, stream = null;

  async function frames() {
    const mine = video, times = [];
    $("camera").textContent = "Stop";
    document.body.classList.add("live");
    while (video === mine && !mine.ended) {
      const scale = SIDE / Math.min(mine.videoWidth, mine.videoHeight);
      const width = Math.round(mine.videoWidth * scale), height = Math.round(mine.videoHeight * scale);
      const canvas = onCanvas(mine, width, height), x = (width - SIDE) >> 1, y = (height - SIDE) >> 1;
      source = canvas.getContext("2d").getImageData(x, y, SIDE, SIDE);
      const given = source;
      let answer;
      try { answer = await infer(given); }
      catch (error) { say(`The camera's pictures could not be translated (${error.message}).`, true); break; }
      if (video !== mine) return;
      made = new ImageData(answer.pixels, SIDE, SIDE);
      source = given;
      show($("before"), given);
      blend();
      $("stage").hidden = false;
      $("stage").style.setProperty("--ratio", 1);
      $("download").disabled = false;
      times.push(performance.now());
      if (times.length > 10) times.shift();
      if (times.length > 1) say(`Live: ${((1000 * (times.length - 1)) / (times.at(-1) - times[0])).toFixed(1)} frames a second at ${SIDE} × ${SIDE}`);
      await new Promise(requestAnimationFrame);
    }
    if (video === mine) stop();
  }

  async function play(prepare) {
    stop();
    video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    prepare(video);
    await video.play();
    frames();
  }

  async function start() {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const mine = stream;
      stream = null;
      await play((v) => { v.srcObject = mine; stream = mine; });
    } catch (error) {
      say(error.name === "NotAllowedError" ? "The camera was not allowed: allow it beside the page's address, then try again." : "There is no camera to be had: choose a picture or a film instead.", true);
    }
  }

  async function film(one) {
    try { await play((v) => { v.src = URL.createObjectURL(one); }); }
    catch { stop(); say("This film cannot be played by the browser: try an MP4 or WebM.", true); }
  }

  function stop() {
    if (video?.src) URL.revokeObjectURL(video.src);
    video?.pause();
    for (const track of stream?.getTracks() ?? []) track.stop();
    video = stream = null;
    $("camera").textContent = "Camera";
    document.body.classList.remove("live");
  }

  return { start, film, stop, on: () => video !== null };
})();
