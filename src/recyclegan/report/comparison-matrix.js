"use strict";

// A matrix of distances: as a heat table, and as a list from one set, nearest first.

function significant(value) {
  return value === null ? "–" : String(Number(value.toPrecision(3))).replace("-", "−");
}

function drawHeat(matrix) {
  if (!$("heat-box").open) return;
  const { labels, roles, values } = matrix;
  const apart = values.flatMap((row, i) => row.filter((value, j) => i !== j && value !== null));
  const low = Math.min(...apart);
  const span = Math.max(...apart) - low || 1;
  const cell = (value, row, column) => {
    const share = row === column || value === null ? 0 : (value - low) / span;
    const style = `--share:${Math.round(100 * share)}%`;
    const title = `${labels[row]}, ${labels[column]}`;
    const strength = share > 0.72 ? "strong middling" : share > 0.5 ? "middling" : "weak";
    return el("td", { style, title, class: strength }, significant(value));
  };
  const head = labels.map((label) => el("th", { scope: "col" }, el("span", {}, label)));
  const rows = values.map((row, i) => el("tr", { class: roles[i] },
    el("th", { scope: "row" }, labels[i]), ...row.map((value, j) => cell(value, i, j))));
  $("heat").replaceChildren(el("thead", {}, el("tr", {}, el("td"), ...head)), el("tbody", {}, ...rows));
}

function drawNear(matrix, from) {
  const { labels, roles, values } = matrix;
  const others = labels.map((_, place) => place)
    .filter((place) => place !== from && values[from][place] !== null)
    .sort((a, b) => values[from][a] - values[from][b]);
  const at = axisOf(others.map((place) => values[from][place]));
  $("near").replaceChildren(...others.map((place) => el("li", { class: roles[place] },
    el("span", { class: "label" }, labels[place]),
    bar(at, [values[from][place], null, null]),
    el("span", { class: "value" }, significant(values[from][place])))));
}

// For each label the place of the one that the matrix says is nearest.
function nearestOf({ values }) {
  return values.map((row, i) => {
    const others = row.map((_, j) => j).filter((j) => j !== i && row[j] !== null);
    return others.length ? others.reduce((a, b) => (row[b] < row[a] ? b : a)) : null;
  });
}
