"use strict";

// What a view is made of: pictures that can be picked, and sheets of them.

const PAGE = 120;
let tiles = new Map(); // "domain:place" -> the buttons that show it
let lots = [];

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

// A thumbnail is taken out of its chunk when it comes near the window.
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

const side = (d, i) => (data.domains[d].test[i] ? "test" : "train");
function mark(pick) {
  const { d, i } = pick;
  const gone = !!dropped[d][i];
  const label = `${data.domains[d].names[i]}, ${side(d, i)}, ${gone ? "dropped" : "kept"}`;
  pick.setAttribute("aria-pressed", String(gone));
  pick.setAttribute("aria-label", label);
}
function tile([d, i], tag) {
  const domain = data.domains[d];
  const title = domain.names[i];
  const image = el("img", { alt: "", decoding: "async", d, i });
  image.onerror = () => image.replaceWith(el("small", { textContent: title }));
  const pick = button("", () => { pick.focus(); toggle([[d, i]]); });
  Object.assign(pick, { className: "pick", title, d, i, tabIndex: -1 });
  pick.append(image);
  if (tag) pick.append(el("span", { textContent: tag }));
  pick.style.setProperty("--aspect", domain.aspect);
  seen.observe(image);
  const place = `${d}:${i}`;
  tiles.set(place, [...(tiles.get(place) ?? []), pick]);
  mark(pick);
  const zoom = button("⤢", () => enlarge(pick), { className: "zoom", tabIndex: -1 });
  zoom.setAttribute("aria-label", `Enlarge ${title}`);
  return el("div", { className: "tile" }, pick, zoom);
}
// One picture of a sheet can be reached by Tab; the arrows move on from it.
function enterable(sheet) {
  const first = sheet.querySelector(".pick");
  if (first) first.tabIndex = 0;
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
  const near = new IntersectionObserver((entries) => {
    if (!entries.at(-1).isIntersecting || more.hidden) return; // Earlier entries are out of date.
    grow();
    near.unobserve(more); // Observed anew, it tells again if it is still near.
    near.observe(more);
  }, { rootMargin: "400px" });
  near.observe(more);
  grow();
  return more;
}
// A sheet under a title. Its buttons act on `places`; `others` are of the other domain, to compare.
function lot(title, places, shown, { level = "h2", tag, extra = [], others = [] } = {}) {
  const count = el("small");
  const drop = button("", () => toggle(places, title));
  const sheet = el("div", { className: "grid" });
  sheet.append(...shown.map((place) => tile(place, tag?.(place))));
  enterable(sheet);
  const head = el("div", { className: "head" }, el(level, { textContent: title }), count, drop);
  head.append(...extra);
  const section = el("section", { className: "lot" }, head, sheet);
  const all = [...places, ...others];
  section.setAttribute("aria-label", title);
  section.lot = { title, all };
  const name = (d) => data.domains[d].name;
  const own = others.length ? ` of ${name(places[0][0])}` : "";
  const also = others.length ? ` and ${number(others.length)} of ${name(others[0][0])}` : "";
  const refresh = () => {
    const gone = places.reduce((sum, [d, i]) => sum + dropped[d][i], 0);
    const left = gone ? `, ${number(gone)} dropped` : "";
    count.textContent = `${pictures(places.length)}${own}${left}${also}`;
    drop.textContent = `${gone === places.length ? "Keep" : "Drop"} all${own}`;
    drop.setAttribute("aria-label", `${drop.textContent} in ${title}`);
  };
  lots.push({ refresh });
  refresh();
  if (shown.length < all.length) {
    const every = button(`Show all ${number(all.length)}`, () => {
      every.remove();
      sheet.replaceChildren();
      section.append(growing(all, (place) => sheet.append(tile(place, tag?.(place)))));
      enterable(sheet);
    });
    head.append(every);
  }
  return section;
}
watchers.push((changes) => {
  for (const [d, i] of changes) for (const pick of tiles.get(`${d}:${i}`) ?? []) mark(pick);
  for (const { refresh } of lots) refresh();
});
