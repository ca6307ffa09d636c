"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const LETTERS = ["a", "b"];
const PAGE = 120;
const VIEWS = { clusters: "Clusters", pairs: "Pairs", groups: "Near-duplicates", outliers: "Outliers", dark: "Dark", bright: "Bright", blurred: "Blurred" };
const $ = (id) => document.getElementById(id);
const main = $("main");
const dropped = data.domains.map((d) => new Uint8Array(d.names.length));
const key = `recyclegan-review-${data.data}`;
const history = [];
let unsaved = false;
let here = { domain: 0, view: "clusters" };
let tiles = new Map(); // "domain:place" -> the buttons that show it
let lots = [];
let enlarged = null;

const el = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
const button = (text, act, props = {}) => {
  const node = el("button", { type: "button", textContent: text, ...props });
  node.addEventListener("click", act);
  return node;
};
const number = (n) => n.toLocaleString("en");

// Pictures: a thumbnail is taken out of its chunk when it comes near the window.
const chunks = LETTERS.map((_, d) => document.querySelectorAll(`.thumbs-${d}`));
const unpacked = [new Map(), new Map()];
function original(d, i) {
  const domain = data.domains[d];
  return data.base + (domain.urls[i] ?? domain.names[i]);
}
function thumb(d, i) {
  const c = Math.floor(i / data.chunk);
  if (!unpacked[d].has(c)) unpacked[d].set(c, chunks[d][c].textContent.slice(1, -1).split("\n"));
  const text = unpacked[d].get(c)[i % data.chunk];
  return text ? `data:image/jpeg;base64,${text}` : original(d, i);
}
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    target.src = thumb(target.d, target.i);
  }
}, { rootMargin: "600px" });

// Decisions: every action is a list of pictures whose state flips, so undo flips them back.
function flip(changes) {
  for (const [d, i] of changes) {
    dropped[d][i] ^= 1;
    for (const pick of tiles.get(`${d}:${i}`) ?? []) mark(pick);
  }
  for (const lot of lots) lot.refresh();
  unsaved = true;
  totals();
  autosave();
  if (enlarged) caption();
}
function set(places, state, what) {
  const changes = places.filter(([d, i]) => dropped[d][i] !== state);
  if (!changes.length) return;
  history.push(changes);
  flip(changes);
  say(`${state ? "Dropped" : "Kept"} ${changes.length === 1 ? "1 picture" : `${number(changes.length)} pictures`}${what ? ` of ${what}` : ""}.`);
}
const toggle = (places, what) => set(places, places.some(([d, i]) => !dropped[d][i]) ? 1 : 0, what);
function undo() {
  const changes = history.pop();
  if (!changes) return say("Nothing left to undo.");
  flip(changes);
  say(`Undone: ${number(changes.length)} ${changes.length === 1 ? "picture" : "pictures"}.`);
}
let silence;
function say(text) {
  $("status").textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { $("status").textContent = ""; }, 5000);
}
function decisions() {
  const names = (d) => data.domains[d].names.filter((_, i) => dropped[d][i]);
  return { format: data.format, data: data.data, dropped: { a: names(0), b: names(1) }, saved: new Date().toISOString() };
}
function adopt(content) {
  LETTERS.forEach((letter, d) => {
    const names = new Set(content.dropped[letter]);
    data.domains[d].names.forEach((name, i) => { dropped[d][i] = names.has(name) ? 1 : 0; });
  });
}
let pending;
function store() {
  clearTimeout(pending);
  pending = undefined;
  try {
    localStorage.setItem(key, JSON.stringify({ ...decisions(), unsaved }));
  } catch {
    say("This browser keeps nothing for this page: save decisions.json before you close it.");
  }
}
function autosave() { pending ??= setTimeout(store, 300); }
addEventListener("pagehide", () => { if (pending) store(); });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
try {
  const kept = JSON.parse(localStorage.getItem(key));
  if (kept) { adopt(kept); unsaved = kept.unsaved; }
} catch { /* nothing was kept, or may not be read */ }

$("save").addEventListener("click", () => {
  const url = URL.createObjectURL(new Blob([JSON.stringify(decisions(), null, 2)], { type: "application/json" }));
  el("a", { href: url, download: "decisions.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  unsaved = false;
  store();
  say("Saved decisions.json among your downloads.");
});
$("open").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  try {
    const content = JSON.parse(await $("file").files[0].text());
    if (content.format !== data.format) throw new Error();
    if (content.data !== data.data) return say("These decisions are about another dataset, so they were not taken over.");
    const before = dropped.map((states) => states.slice());
    adopt(content);
    const changes = dropped.flatMap((states, d) => [...states.keys()].filter((i) => states[i] !== before[d][i]).map((i) => [d, i]));
    dropped.forEach((states, d) => states.set(before[d]));
    if (changes.length) { history.push(changes); flip(changes); }
    say(`Opened: ${number(changes.length)} pictures changed.`);
  } catch {
    say("This file holds no decisions of a review page.");
  } finally {
    $("file").value = "";
  }
});

// Building a view
function mark(pick) {
  const { d, i } = pick;
  const domain = data.domains[d];
  pick.setAttribute("aria-pressed", String(!!dropped[d][i]));
  pick.setAttribute("aria-label", `${domain.names[i]}, ${domain.test[i] ? "test" : "train"}, ${dropped[d][i] ? "dropped" : "kept"}`);
}
function tile([d, i], tag) {
  const domain = data.domains[d];
  const image = el("img", { alt: "", d, i });
  image.onerror = () => image.replaceWith(el("small", { textContent: domain.names[i] }));
  const pick = el("button", { type: "button", className: "pick", title: domain.names[i], d, i, tabIndex: -1 }, image);
  if (tag) pick.append(el("span", { textContent: tag }));
  pick.style.setProperty("--aspect", domain.aspect);
  seen.observe(image);
  const place = `${d}:${i}`;
  tiles.set(place, [...(tiles.get(place) ?? []), pick]);
  mark(pick);
  pick.addEventListener("click", () => { pick.focus(); toggle([[d, i]]); });
  const zoom = button("⤢", () => enlarge(pick), { className: "zoom", tabIndex: -1 });
  zoom.setAttribute("aria-label", `Enlarge ${domain.names[i]}`);
  return el("div", { className: "tile" }, pick, zoom);
}
function grid(places, shown, tag) {
  const sheet = el("div", { className: "grid" });
  sheet.append(...shown.map((place) => tile(place, tag?.(place))));
  const first = sheet.querySelector(".pick");
  if (first) first.tabIndex = 0;
  return sheet;
}
// Adds more as the reader comes near, so that no view builds thousands of tiles at once.
function growing(items, add, num = PAGE) {
  const more = button("", grow, { className: "more" });
  let done = 0;
  function grow() {
    for (const item of items.slice(done, done + num)) add(item);
    done = Math.min(done + num, items.length);
    more.textContent = `Show more (${number(items.length - done)} left)`;
    more.hidden = done >= items.length;
  }
  new IntersectionObserver((entries) => { if (entries[0].isIntersecting && !more.hidden) grow(); }, { rootMargin: "400px" }).observe(more);
  grow();
  return more;
}
function lot(title, places, shown, { level = "h2", tag, extra = [], all = true } = {}) {
  const count = el("small");
  const drop = button("", () => toggle(places, title));
  const sheet = grid(places, shown, tag);
  const section = el("section", { className: "lot" }, el("div", { className: "head" }, el(level, { textContent: title }), count, drop, ...extra), sheet);
  section.setAttribute("aria-label", title);
  section.lot = { title, places };
  const refresh = () => {
    const gone = places.reduce((sum, [d, i]) => sum + dropped[d][i], 0);
    count.textContent = `${number(places.length)} pictures${gone ? `, ${number(gone)} dropped` : ""}`;
    drop.textContent = gone === places.length ? "Keep all" : "Drop all";
    drop.setAttribute("aria-label", `${drop.textContent} of ${title}`);
  };
  lots.push({ refresh });
  refresh();
  if (all && shown.length < places.length) {
    const every = button(`Show all ${number(places.length)}`, () => {
      every.remove();
      sheet.replaceChildren();
      section.append(growing(places, (place) => sheet.append(tile(place, tag?.(place)))));
      sheet.querySelector(".pick").tabIndex = 0;
    });
    section.querySelector(".head").append(every);
  }
  return section;
}
const drawers = {
  clusters(d) {
    const at = (list) => list.map((i) => [d, i]);
    for (const cluster of data.domains[d].clusters) {
      const title = `Cluster ${cluster.number + 1}`;
      const section = lot(title, at(cluster.members), at(cluster.samples));
      if (cluster.parts.length) {
        let inner = null;
        const opener = button(`${cluster.parts.length} sub-clusters`, () => {
          if (!inner) {
            inner = el("div", {}, ...cluster.parts.map((part) => lot(`${title}, part ${part.number + 1}`, at(part.members), at(part.samples), { level: "h3" })));
            section.append(inner);
            inner.hidden = true;
          }
          inner.hidden = !inner.hidden;
          opener.setAttribute("aria-expanded", String(!inner.hidden));
        });
        opener.setAttribute("aria-expanded", "false");
        section.querySelector(".head").append(opener);
      }
      main.append(section);
    }
  },
  pairs(d) {
    const list = el("div", { className: "pairs" });
    main.append(list, growing(data.domains[d].pairs, ([first, second, distance]) => {
      const places = [[d, first], [d, second]];
      const sides = ["left", "right"].map((side, s) => button(`Drop ${side}`, () => toggle([places[s]])));
      list.append(lot(`Distance ${distance.toFixed(3)}`, places, places, { level: "h3", extra: sides, tag: ([, i]) => (data.domains[d].test[i] ? "test" : "train") }));
    }, 40));
  },
  groups(d) {
    const groups = new Map();
    data.domains.forEach((domain, e) => domain.group.forEach((g, i) => {
      if (!groups.has(g)) groups.set(g, []);
      groups.get(g).push([e, i]);
    }));
    const found = [...groups.values()].filter((places) => places.length > 1 && places.some(([e]) => e === d)).sort((p, q) => q.length - p.length);
    if (!found.length) return void main.append(el("p", { className: "empty", textContent: "No near-duplicates were found." }));
    let n = 0;
    const list = el("div");
    main.append(list, growing(found, (places) => {
      const own = places.filter(([e]) => e === d);
      const one = button("Keep the sharpest, drop the rest", () => keepOne(own, own.reduce((p, q) => (data.domains[q[0]].sharpness[q[1]] > data.domains[p[0]].sharpness[p[1]] ? q : p))));
      n += 1;
      list.append(lot(`Group ${n}`, places, places.slice(0, 36), { extra: [one], tag: ([e, i]) => `${e === d ? "" : `${data.domains[e].name}, `}${data.domains[e].test[i] ? "test" : "train"}` }));
    }, 20));
  },
  outliers: (d) => ordered(d, (domain, i) => -domain.oddity[i]),
  dark: (d) => ordered(d, (domain, i) => domain.brightness[i]),
  bright: (d) => ordered(d, (domain, i) => -domain.brightness[i]),
  blurred: (d) => ordered(d, (domain, i) => domain.sharpness[i]),
};
function ordered(d, value) {
  const domain = data.domains[d];
  const places = domain.names.map((_, i) => [d, i]).sort((p, q) => value(domain, p[1]) - value(domain, q[1]));
  const sheet = el("div", { className: "grid" });
  main.append(sheet, growing(places, (place) => sheet.append(tile(place))));
  if (places.length) sheet.querySelector(".pick").tabIndex = 0;
}
function keepOne(places, [d, i]) {
  const changes = places.filter(([e, j]) => dropped[e][j] !== (e === d && j === i ? 0 : 1));
  if (!changes.length) return;
  history.push(changes);
  flip(changes);
  say(`Kept one of ${places.length}.`);
}
function draw() {
  seen.disconnect();
  tiles = new Map();
  lots = [];
  main.replaceChildren();
  drawers[here.view](here.domain);
  for (const node of $("views").children) node.toggleAttribute("aria-current", node.view === here.view);
  [...$("domains").children].forEach((node, d) => node.setAttribute("aria-pressed", String(d === here.domain)));
  scrollTo(0, 0);
}
function totals() {
  data.domains.forEach((domain, d) => {
    const gone = [0, 0];
    const all = [0, 0];
    domain.test.forEach((test, i) => { all[test] += 1; gone[test] += dropped[d][i]; });
    $("domains").children[d].lastChild.textContent = ["train", "test"].map((split, t) => `${split} ${number(all[t] - gone[t])} kept, ${number(gone[t])} dropped`).join(" · ");
  });
  $("undo").disabled = !history.length;
}
function go() {
  const [letter, view] = location.hash.slice(1).split("/");
  here = { domain: Math.max(0, LETTERS.indexOf(letter)), view: view in VIEWS ? view : "clusters" };
  draw();
}
const visit = (domain, view) => { location.hash = `${LETTERS[domain]}/${view}`; };

// Enlarging
function enlarge(pick) {
  enlarged = pick;
  caption();
  const image = $("large").querySelector("img");
  image.onerror = () => { image.onerror = null; image.src = thumb(pick.d, pick.i); };
  image.src = original(pick.d, pick.i);
  if (!$("large").open) $("large").showModal();
}
function caption() {
  const { d, i } = enlarged;
  const domain = data.domains[d];
  $("large").querySelector("p").textContent = `${domain.names[i]} · ${domain.test[i] ? "test" : "train"} · brightness ${domain.brightness[i]} · sharpness ${domain.sharpness[i]} · oddity ${domain.oddity[i]}`;
  $("large").querySelector(".stage").classList.toggle("dropped", !!dropped[d][i]);
  $("large").querySelector("[data-act=toggle]").textContent = dropped[d][i] ? "Keep" : "Drop";
}
function step(by) {
  const picks = [...main.querySelectorAll(".pick")];
  const next = picks[picks.indexOf(enlarged) + by];
  if (next) enlarge(next);
}
$("large").addEventListener("close", () => { focusOn(enlarged); enlarged = null; });
for (const [act, run] of Object.entries({ previous: () => step(-1), next: () => step(1), toggle: () => toggle([[enlarged.d, enlarged.i]]), close: () => $("large").close() })) {
  $("large").querySelector(`[data-act=${act}]`).addEventListener("click", run);
}
$("helping").querySelector("button").addEventListener("click", () => $("helping").close());
$("help").addEventListener("click", () => $("helping").showModal());
$("undo").addEventListener("click", undo);

// Keys
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
  const box = from.getBoundingClientRect();
  let best = null;
  let row = null;
  for (let k = at + by; picks[k]; k += by) {
    const r = picks[k].getBoundingClientRect();
    if (Math.abs(r.top - box.top) < 2) continue;
    row ??= r.top;
    if (Math.abs(r.top - row) >= 2) break;
    const off = Math.abs(r.left - box.left);
    if (!best || off < best.off) best = { pick: picks[k], off };
  }
  focusOn(best?.pick);
}
addEventListener("keydown", (event) => {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && name === "z") { event.preventDefault(); return undo(); }
  if (event.ctrlKey || event.metaKey || event.altKey || $("helping").open) return;
  const pick = enlarged ?? document.activeElement.closest?.(".pick");
  if (name === "u") return undo();
  if (name === "?") return $("helping").showModal();
  if (enlarged) {
    if (name === "ArrowLeft" || name === "ArrowRight") { event.preventDefault(); step(name === "ArrowLeft" ? -1 : 1); }
    if (name === "x") toggle([[pick.d, pick.i]]);
    return;
  }
  if (name.startsWith("Arrow")) { event.preventDefault(); return move(pick, name); }
  if (!pick) return;
  const around = pick.closest(".lot")?.lot;
  if (name === "x") toggle([[pick.d, pick.i]]);
  if (name === "c" && around) toggle(around.places, around.title);
  if (name === "k" && around && here.view !== "clusters") keepOne(around.places.filter(([d]) => d === pick.d), [pick.d, pick.i]);
  if (name === "Enter") { event.preventDefault(); enlarge(pick); }
});

data.domains.forEach((domain, d) => $("domains").append(button("", () => visit(d, here.view))));
[...$("domains").children].forEach((node, d) => node.append(el("b", { textContent: data.domains[d].name }), el("small")));
for (const [view, title] of Object.entries(VIEWS)) $("views").append(button(title, () => visit(here.domain, view), { view }));
addEventListener("hashchange", go);
totals();
go();
