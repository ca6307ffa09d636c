"use strict";

// The enlarged picture, help, and the keys.

let enlarged = null;
const large = $("large");
function enlarge(pick) {
  enlarged = pick;
  caption();
  const image = large.querySelector("img");
  image.onerror = () => { image.onerror = null; image.src = thumb(pick.d, pick.i); };
  image.src = original(pick.d, pick.i);
  if (!large.open) large.showModal();
}
function caption() {
  const { d, i } = enlarged;
  const domain = data.domains[d];
  const figures = ["brightness", "sharpness", "oddity"].map((name) => `${name} ${domain[name][i]}`);
  const gone = !!dropped[d][i];
  large.querySelector("p").textContent = [domain.names[i], side(d, i), ...figures].join(" · ");
  large.querySelector(".stage").classList.toggle("dropped", gone);
  large.querySelector("[data-act=toggle]").textContent = gone ? "Keep" : "Drop";
}
function step(by) {
  const picks = [...main.querySelectorAll(".pick")];
  const next = picks[picks.indexOf(enlarged) + by];
  if (next) enlarge(next);
}
const acts = {
  previous: () => step(-1),
  next: () => step(1),
  toggle: () => toggle([[enlarged.d, enlarged.i]]),
  close: () => large.close(),
};
for (const [act, run] of Object.entries(acts)) {
  large.querySelector(`[data-act=${act}]`).addEventListener("click", run);
}
large.addEventListener("close", () => { focusOn(enlarged); enlarged = null; });
watchers.push(() => { if (enlarged) caption(); });

const helping = $("helping");
helping.querySelector("button").addEventListener("click", () => helping.close());
$("help").addEventListener("click", () => helping.showModal());

function focusOn(pick) {
  if (!pick?.isConnected) return;
  const sheet = pick.closest(".grid");
  for (const other of sheet.querySelectorAll('.pick[tabindex="0"]')) other.tabIndex = -1;
  pick.tabIndex = 0;
  pick.focus({ preventScroll: true });
  pick.scrollIntoView({ block: "nearest" });
}
function move(from, name) {
  const picks = [...main.querySelectorAll(".pick")].filter((pick) => pick.offsetParent);
  if (!from) return focusOn(picks[0]);
  const at = picks.indexOf(from);
  const by = name === "ArrowRight" || name === "ArrowDown" ? 1 : -1;
  if (name === "ArrowLeft" || name === "ArrowRight") return focusOn(picks[at + by]);
  focusOn(nearestInNextRow(picks, at, by));
}
function nearestInNextRow(picks, at, by) {
  const box = picks[at].getBoundingClientRect();
  let best;
  let row = null;
  for (let k = at + by; picks[k]; k += by) {
    const { top, left } = picks[k].getBoundingClientRect();
    if (Math.abs(top - box.top) < 2) continue;
    row ??= top;
    if (Math.abs(top - row) >= 2) break;
    const off = Math.abs(left - box.left);
    if (!best || off < best.off) best = { pick: picks[k], off };
  }
  return best?.pick;
}

function onEnlarged(name) {
  if (name === "ArrowLeft") step(-1);
  if (name === "ArrowRight") step(1);
  if (name === "x") acts.toggle();
}
function onSheet(name, pick) {
  if (name.startsWith("Arrow")) return move(pick, name);
  if (!pick) return;
  const place = [pick.d, pick.i];
  const around = pick.closest(".lot")?.lot;
  const mates = around?.all.filter(([d]) => d === pick.d); // Keys, too, act on one domain.
  if (name === "x") toggle([place]);
  if (name === "c" && around) toggle(mates, around.title);
  if (name === "k" && around && here.view !== "clusters") keepOne(mates, place);
  if (name === "Enter") enlarge(pick);
}
addEventListener("keydown", (event) => {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const pick = document.activeElement.closest?.(".pick");
  if ((event.ctrlKey || event.metaKey) && name === "z") {
    event.preventDefault();
    return undo();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || helping.open) return;
  // Held down, Enter would enlarge a picture and then press the button below it.
  if (name === "Enter" && event.repeat) return event.preventDefault();
  if (name.startsWith("Arrow") || (name === "Enter" && pick)) event.preventDefault();
  if (name === "u") return undo();
  if (name === "?") return helping.showModal();
  if (enlarged) return onEnlarged(name);
  onSheet(name, pick);
});
