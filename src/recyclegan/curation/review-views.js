"use strict";

// The views of a domain, its totals, and the way from one view to another.

const VIEWS = {
  clusters: "Clusters", pairs: "Pairs", groups: "Near-duplicates", outliers: "Outliers",
  dark: "Dark", bright: "Bright", blurred: "Blurred",
};
const NUM_GROUP_SAMPLES = 36;
const main = $("main");
let here = { domain: 0, view: "clusters" };

const drawers = {
  clusters(d) {
    const at = (list) => list.map((i) => [d, i]);
    for (const cluster of data.domains[d].clusters) {
      const title = `Cluster ${cluster.number + 1}`;
      const section = lot(title, at(cluster.members), at(cluster.samples));
      const parts = () => cluster.parts.map(({ number: n, members, samples }) =>
        lot(`${title}, part ${n + 1}`, at(members), at(samples), { level: "h3" }));
      if (cluster.parts.length) foldParts(section, cluster.parts.length, parts);
      main.append(section);
    }
  },
  pairs(d) {
    const list = el("div", { className: "pairs" });
    const add = ([first, second, distance]) => {
      const places = [[d, first], [d, second]];
      const extra = ["left", "right"].map((half, h) =>
        button(`Drop ${half}`, () => toggle([places[h]])));
      const tag = (place) => side(...place);
      const title = `Distance ${distance.toFixed(3)}`;
      list.append(lot(title, places, places, { level: "h3", extra, tag }));
    };
    main.append(list, growing(data.domains[d].pairs, add, 40));
  },
  groups(d) {
    const found = groupsOf(d);
    if (!found.length) {
      main.append(el("p", { className: "empty", textContent: "No near-duplicates were found." }));
      return;
    }
    const list = el("div");
    const tag = ([e, i]) => (e === d ? "" : `${data.domains[e].name}, `) + side(e, i);
    const sharpness = ([e, i]) => data.domains[e].sharpness[i];
    const add = ({ own, others }, n) => {
      const sharpest = own.reduce((p, q) => (sharpness(q) > sharpness(p) ? q : p));
      const whose = others.length ? ` of ${data.domains[d].name}` : "";
      const one = button(`Keep only the sharpest${whose}`, () => keepOne(own, sharpest));
      const extra = own.length > 1 ? [one] : [];
      const shown = [...own, ...others].slice(0, NUM_GROUP_SAMPLES);
      list.append(lot(`Group ${n + 1}`, own, shown, { extra, tag, others }));
    };
    main.append(list, growing([...found.entries()], ([n, group]) => add(group, n), 20));
  },
  outliers: (d) => ordered(d, (domain, i) => -domain.oddity[i]),
  dark: (d) => ordered(d, (domain, i) => domain.brightness[i]),
  bright: (d) => ordered(d, (domain, i) => -domain.brightness[i]),
  blurred: (d) => ordered(d, (domain, i) => domain.sharpness[i]),
};
// Sub-clusters are drawn when they are first asked for.
function foldParts(section, num, parts) {
  const inner = el("div", { hidden: true });
  const opener = button(`${num} sub-clusters`, () => {
    if (!inner.children.length) inner.append(...parts());
    inner.hidden = !inner.hidden;
    opener.setAttribute("aria-expanded", String(!inner.hidden));
  });
  opener.setAttribute("aria-expanded", "false");
  section.querySelector(".head").append(opener);
  section.append(inner);
}
// Near-duplicates with a picture of this domain; those of the other domain apart. Largest first.
function groupsOf(d) {
  const groups = new Map();
  data.domains.forEach((domain, e) => domain.group.forEach((g, i) => {
    if (!groups.has(g)) groups.set(g, { own: [], others: [] });
    groups.get(g)[e === d ? "own" : "others"].push([e, i]);
  }));
  const size = ({ own, others }) => own.length + others.length;
  return [...groups.values()]
    .filter((group) => group.own.length && size(group) > 1)
    .sort((p, q) => size(q) - size(p));
}
function ordered(d, value) {
  const domain = data.domains[d];
  const places = domain.names.map((_, i) => [d, i]);
  places.sort((p, q) => value(domain, p[1]) - value(domain, q[1]));
  const sheet = el("div", { className: "grid" });
  main.append(sheet, growing(places, (place) => sheet.append(tile(place))));
  enterable(sheet);
}

function draw() {
  seen.disconnect();
  tiles = new Map();
  lots = [];
  main.replaceChildren();
  drawers[here.view](here.domain);
  for (const node of $("views").children) {
    node.toggleAttribute("aria-current", node.view === here.view);
  }
  [...$("domains").children].forEach((node, d) =>
    node.setAttribute("aria-pressed", String(d === here.domain)));
  scrollTo(0, 0);
}
function totals() {
  data.domains.forEach((domain, d) => {
    const gone = [0, 0];
    const all = [0, 0];
    domain.test.forEach((test, i) => { all[test] += 1; gone[test] += dropped[d][i]; });
    const texts = ["train", "test"].map((split, t) =>
      `${split} ${number(all[t] - gone[t])} kept, ${number(gone[t])} dropped`);
    $("domains").children[d].lastChild.textContent = texts.join(" · ");
  });
  $("undo").disabled = !steps.length;
}
function go() {
  const [letter, view] = location.hash.slice(1).split("/");
  const domain = Math.max(0, LETTERS.indexOf(letter));
  here = { domain, view: view in VIEWS ? view : "clusters" };
  draw();
}
const visit = (domain, view) => { location.hash = `${LETTERS[domain]}/${view}`; };

data.domains.forEach((domain, d) => {
  const node = button("", () => visit(d, here.view));
  node.append(el("b", { textContent: domain.name }), el("small"));
  $("domains").append(node);
});
for (const [view, title] of Object.entries(VIEWS)) {
  $("views").append(button(title, () => visit(here.domain, view), { view }));
}
// The header covers what scrolls below it, so what is scrolled to must stop under it.
const header = document.querySelector("header");
new ResizeObserver(() => {
  document.documentElement.style.scrollPaddingTop = `${header.offsetHeight + 4}px`;
}).observe(header);
watchers.push(totals);
addEventListener("hashchange", go);
totals();
go();
