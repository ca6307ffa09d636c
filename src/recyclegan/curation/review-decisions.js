"use strict";

// What is dropped: the state of every picture, undo, and where decisions are kept.

const data = JSON.parse(document.getElementById("data").textContent);
const LETTERS = ["a", "b"];
const $ = (id) => document.getElementById(id);
const number = (n) => n.toLocaleString("en");
const pictures = (n) => `${number(n)} ${n === 1 ? "picture" : "pictures"}`;

const dropped = data.domains.map((domain) => new Uint8Array(domain.names.length));
const steps = []; // of undo: lists of pictures whose state flipped, so undo flips them back
const watchers = []; // called with the pictures that flipped
let unsaved = false;

function flip(changes, said) {
  for (const [d, i] of changes) dropped[d][i] ^= 1;
  unsaved = true;
  for (const watch of watchers) watch(changes);
  say(said);
  store();
}
function change(changes, said) {
  if (!changes.length) return;
  steps.push(changes);
  flip(changes, said);
}
function toggle(places, what) {
  const state = places.some(([d, i]) => !dropped[d][i]) ? 1 : 0;
  const changes = places.filter(([d, i]) => dropped[d][i] !== state);
  const whose = what ? ` of ${what}` : "";
  change(changes, `${state ? "Dropped" : "Kept"} ${pictures(changes.length)}${whose}.`);
}
function keepOne(places, [d, i]) {
  const wanted = ([e, j]) => (e === d && j === i ? 0 : 1);
  const changes = places.filter((place) => dropped[place[0]][place[1]] !== wanted(place));
  change(changes, `Kept one of ${places.length}.`);
}
function undo() {
  const changes = steps.pop();
  if (!changes) return say("Nothing left to undo.");
  flip(changes, `Undone: ${pictures(changes.length)}.`);
}

let silence;
function say(text) {
  $("status").textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { $("status").textContent = ""; }, 5000);
}

function decisions() {
  const names = (d) => data.domains[d].names.filter((_, i) => dropped[d][i]);
  const saved = new Date().toISOString();
  return { format: data.format, data: data.data, dropped: { a: names(0), b: names(1) }, saved };
}
function differing(content) {
  return data.domains.flatMap(({ names }, d) => {
    const there = content.dropped[LETTERS[d]];
    if (!Array.isArray(there)) throw new TypeError("no decisions");
    const gone = new Set(there);
    return names.flatMap((name, i) => (gone.has(name) === !!dropped[d][i] ? [] : [[d, i]]));
  });
}

// The browser's copy is written at every change: a page that is closed may have no time for it.
const key = `recyclegan-review-${data.data}`;
function store() {
  try {
    localStorage.setItem(key, JSON.stringify({ ...decisions(), unsaved }));
  } catch {
    say("This browser keeps nothing for this page: save decisions.json before you close it.");
  }
}
try {
  const kept = JSON.parse(localStorage.getItem(key));
  if (kept) {
    for (const [d, i] of differing(kept)) dropped[d][i] ^= 1;
    unsaved = kept.unsaved;
  }
} catch { /* nothing was kept, or may not be read */ }
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

$("save").addEventListener("click", () => {
  const content = JSON.stringify(decisions(), null, 2);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  unsaved = false;
  store();
  say("Saved decisions.json among your downloads.");
});
$("open").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  try {
    const content = JSON.parse(await $("file").files[0].text());
    if (content.format !== data.format) throw new TypeError("no decisions");
    if (content.data !== data.data) {
      return say("These decisions are about another dataset, so they were not taken over.");
    }
    const changes = differing(content);
    const said = `Opened: ${pictures(changes.length)} changed.`;
    if (changes.length) change(changes, said);
    else say(said);
  } catch {
    say("This file holds no decisions of a review page.");
  } finally {
    $("file").value = "";
  }
});
$("undo").addEventListener("click", undo);
