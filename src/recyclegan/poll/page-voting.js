// One question after another: pictures, keys, zoom, how long it still takes.

const GUESS = 7; // seconds an answer, until there are some
const views = ["welcome", "voting", "thanks"];
const pair = $("pair");
const images = [...pair.querySelectorAll("img")];
const large = $("large");
let since = null; // when the pictures were seen; none while they are not

function view(name) {
  for (const other of views) $(other).hidden = other !== name;
}
const address = (number) =>
  data.served
    ? `picture/${number}`
    : `data:image/jpeg;base64,${$(`picture-${number}`).textContent.trim()}`;

async function set(image, number) {
  image.src = address(number);
  await image.decode();
}
let turn = 0;
async function show() {
  const mine = ++turn;
  since = null;
  large.close();
  const all = items();
  const place = at();
  for (const button of document.querySelectorAll(".undo")) button.disabled = place === 0;
  for (const button of document.querySelectorAll(".save")) button.disabled = place === 0;
  if (place === all.length) {
    showStored();
    return view("thanks");
  }
  view("voting");
  $("bar").value = place / all.length;
  $("place").textContent = `${place + 1} of ${all.length} · ${left(all.length - place)} left`;
  pair.classList.add("waiting");
  const { shown, source } = all[place];
  const wanted = images.map((image, side) => set(image, shown[side]));
  if (source !== null) wanted.push(set($("source").querySelector("img"), source));
  $("source").hidden = source === null;
  try {
    await Promise.all(wanted);
  } catch {
    if (mine !== turn) return;
    say("A picture could not be loaded: trying again.");
    setTimeout(() => { if (mine === turn) show(); }, 2000);
    return;
  }
  if (mine !== turn) return;
  pair.classList.remove("waiting");
  since = performance.now();
  const next = all[place + 1];
  if (data.served && next) for (const number of next.shown) new Image().src = address(number);
}
function left(num) {
  const taken = Object.values(state.votes).map((cast) => cast.seconds).sort((a, b) => a - b);
  const usual = taken.length < 3 ? GUESS : Math.min(taken[taken.length >> 1], 60);
  const minutes = (num * usual) / 60;
  return minutes < 1 ? "under a minute" : `about ${Math.round(minutes)} min`;
}
function answer(choice) {
  if (since === null) return;
  const seconds = Math.min(Math.round((performance.now() - since) / 100) / 10, 3600);
  if (!lasts) say("");
  vote(choice, seconds);
  show();
}
function takeBack() {
  if (undo()) {
    say("Taken back: please answer this one again.");
    show();
  }
}

let enlarged = 0;
function enlarge(side) {
  if (since === null) return;
  enlarged = side;
  large.querySelector("img").src = images[side].src;
  $("which").textContent = `Picture ${side + 1}`;
  if (large.open) return;
  large.showModal();
  $("close").focus();
}
$("other").addEventListener("click", () => enlarge(1 - enlarged));
$("close").addEventListener("click", () => large.close());
large.querySelector("img").addEventListener("click", () => large.close());

for (const button of document.querySelectorAll("[data-answer]")) {
  button.addEventListener("click", () => answer(button.dataset.answer));
}
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => enlarge(Number(button.dataset.zoom)));
}
for (const button of document.querySelectorAll(".undo")) button.addEventListener("click", takeBack);
for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", () => {
    save();
    $("next").disabled = false;
  });
}
$("begin").addEventListener("click", show);
$("next")?.addEventListener("click", () => {
  state = newcomer();
  store();
  $("next").disabled = true;
  welcome();
});

const KEYS = { 1: "first", ArrowLeft: "first", 2: "second", ArrowRight: "second", 0: "tie", ArrowDown: "tie" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !state) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (large.open) {
    if (name === " " || name.startsWith("Arrow")) {
      event.preventDefault();
      enlarge(1 - enlarged);
    }
    if (name === "z") large.close();
    return;
  }
  if (!$("welcome").hidden) return;
  if (name === "u" || name === "Backspace") takeBack();
  if ($("voting").hidden) return;
  if (name === "z") enlarge(0);
  if (!KEYS[name]) return;
  event.preventDefault();
  answer(KEYS[name]);
});

// The same poll in another window goes on from what was answered here, and the other way round.
addEventListener("storage", (event) => {
  if (event.key !== key || !state) return;
  state = load() ?? state;
  if (at() > 0) show();
});

function newcomer() {
  const drawn = crypto.getRandomValues(new Uint32Array(1))[0];
  return fresh(random(8), drawn % data.ballots.length);
}
function welcome() {
  $("total").textContent = items().length;
  $("minutes").textContent = left(items().length);
  if ($("file")) $("file").textContent = `votes-${state.voter}.json`;
  view("welcome");
  $("begin").focus();
}
async function start() {
  if (data.served) await arrive();
  else state = load() ?? newcomer();
  if (at() === 0) return welcome();
  if ($("file")) $("file").textContent = `votes-${state.voter}.json`;
  if ($("next")) $("next").disabled = state.unsaved;
  if (at() < items().length) say(`Welcome back: ${at()} of ${items().length} are answered.`);
  show();
}
start();
