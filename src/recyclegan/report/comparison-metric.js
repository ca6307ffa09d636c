"use strict";

// One metric: its figures as bars, and its differences from one set.

const BETTER = { better: "clearly better", worse: "clearly worse", unclear: "no clear difference",
  unlike: "another protocol, not ranked", higher: "clearly higher", lower: "clearly lower" };

// Until a person chooses another, differences are from the set with the best figure.
let referenceChosen = false;

// Sets in order of a metric, the better end first; those without a figure last.
function ordered(metric) {
  const places = data.sets.map((_, place) => place);
  const sign = metric.better === "higher" ? -1 : 1;
  const value = (place) => metric.figures[place][0];
  return places.sort((a, b) =>
    (value(a) === null) - (value(b) === null) || sign * (value(a) - value(b)));
}

// How the first set differs from the second: value, low, high and a verdict in its view.
function differenceOf(metric, first, second) {
  for (const [a, b, value, low, high, verdict] of metric.differences) {
    const same = a === first && b === second;
    if (!same && !(a === second && b === first)) continue;
    const figure = same || value === null ? [value, low, high]
      : [-value, high === null ? null : -high, low === null ? null : -low];
    return { figure, verdict: inView(metric, figure, verdict, same) };
  }
  return null;
}
function inView(metric, [, low, high], verdict, same) {
  if (verdict === "unlike") return "unlike";
  if (metric.better === null) {
    if (low === null || (low <= 0 && high >= 0)) return "unclear";
    return low > 0 ? "higher" : "lower";
  }
  if (verdict === "unclear") return "unclear";
  return (verdict === "first") === same ? "better" : "worse";
}

function entry(place, track, text, notes, kind = "") {
  return el("li", { class: `${data.sets[place].role} ${kind}` },
    el("span", { class: "label" }, data.sets[place].name), track,
    el("span", { class: "value" }, text, ...notes.map((note) => el("small", {}, note))));
}
function spanWords([, low, high], digits, signed) {
  return low === null ? "" : `${decimal(low, digits, signed)} to ${decimal(high, digits, signed)}`;
}

function drawBars(metric) {
  const known = ordered(metric).filter((place) => metric.figures[place][0] !== null);
  const at = axisOf(known.flatMap((place) => metric.figures[place]));
  $("bars").replaceChildren(...known.map((place) => {
    const figure = metric.figures[place];
    return entry(place, bar(at, figure), decimal(figure[0], metric.digits),
      [spanWords(figure, metric.digits)]);
  }));
}

function drawAgainst(metric) {
  const reference = Number($("reference").value);
  const others = ordered(metric)
    .map((place) => ({ place, ...differenceOf(metric, place, reference) }))
    .filter(({ figure }) => figure);
  const at = axisOf(others.flatMap(({ figure }) => figure));
  $("against").replaceChildren(...others.map(({ place, figure, verdict }) =>
    entry(place, bar(at, figure, "dot"), decimal(figure[0], metric.digits, true),
      [spanWords(figure, metric.digits, true), BETTER[verdict]], verdict)));
  const count = (kind) => others.filter(({ verdict }) => verdict === kind).length;
  const counts = Object.keys(BETTER).filter(count).map((kind) => `${count(kind)} ${BETTER[kind]}`);
  $("clear").textContent = counts.length
    ? `Of ${others.length} others, against ${data.sets[reference].name}: ${counts.join(", ")}.`
    : "No differences were measured by this metric.";
}

function showMetric() {
  const place = Number($("metric").value);
  const metric = data.metrics[place];
  $("says").textContent = [metric.says, metric.note && `(${metric.note})`].join(" ");
  for (const recipe of document.querySelectorAll(".recipe")) {
    recipe.hidden = recipe.dataset.metric !== String(place);
  }
  const best = ordered(metric).find((set) => data.sets[set].role === "set");
  if (!referenceChosen) $("reference").value = best;
  drawBars(metric);
  drawAgainst(metric);
  drawPairs(metric);
}
