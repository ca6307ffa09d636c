"use strict";

// What was answered, and where it is kept: this browser always, a file or a server besides.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const key = `recyclegan-poll-${data.id}`;

let state = null; // { voter, ballot, begun, votes: { question: vote }, sending: [vote], unsaved }
let kept = true;

function random(bytes) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return [...values].map((value) => value.toString(16).padStart(2, "0")).join("");
}
function fresh(voter, ballot) {
  return { voter, ballot, begun: new Date().toISOString(), votes: {}, sending: [], unsaved: false };
}
function load() {
  try {
    const found = JSON.parse(localStorage.getItem(key));
    return found && data.ballots[found.ballot] ? found : null;
  } catch {
    return null;
  }
}
function store() {
  try {
    localStorage.setItem(key, JSON.stringify(state));
  } catch {
    if (kept) say("This browser keeps nothing for this page: don't close it before you are done.");
    kept = false;
  }
}

const items = () => data.ballots[state.ballot].map(([place, swapped]) => {
  const { id, pictures, source } = data.questions[place];
  return { id, source, shown: swapped ? [pictures[1], pictures[0]] : pictures };
});
function at() {
  const place = items().findIndex(({ id }) => !state.votes[id]);
  return place < 0 ? items().length : place;
}

// Later than every earlier vote of this voter, in this and any other window.
function nextNumber() {
  state.number = Math.max(Date.now(), (state.number ?? 0) + 1);
  return state.number;
}
function vote(answer, seconds) {
  const { id, shown } = items()[at()];
  const cast = { question: id, first: shown[0], answer, seconds, number: nextNumber() };
  state.votes[id] = cast;
  record(cast);
}
function undo() {
  const last = items()[at() - 1];
  if (!last) return false;
  const taken = state.votes[last.id];
  delete state.votes[last.id];
  record({ ...taken, answer: null, number: nextNumber() });
  return true;
}
function record(cast) {
  state.unsaved = true;
  if (data.served) state.sending.push(cast);
  store();
  if (data.served) send();
}

let silence;
let lasts = false;
function say(text, lasting = false) {
  lasts = lasting;
  $("status").textContent = text;
  clearTimeout(silence);
  if (!lasting) silence = setTimeout(() => { $("status").textContent = ""; }, 5000);
}

function save() {
  const { voter, ballot, begun } = state;
  const votes = items().flatMap(({ id }) => state.votes[id] ?? []);
  const content = { kind: "votes", version: 1, poll: data.id, voter, ballot, begun, saved: new Date().toISOString(), votes };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  link.download = `votes-${voter}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  state.unsaved = false;
  store();
  say(`Saved ${link.download} among your downloads.`);
}
addEventListener("beforeunload", (event) => {
  if (state && (data.served ? state.sending.length : state.unsaved)) event.preventDefault();
});
