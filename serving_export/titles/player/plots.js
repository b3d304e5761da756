/** Plot the ladder against what could have been chosen, and the score of each shot; tables beside. */

import { codecName, codecPlace } from "./receipt.js";
import { ships } from "./renditions.js";
import { clock, lines, rate } from "./words.js";

const MARGIN = { top: 18, right: 18, bottom: 42, left: 46 };
const HEIGHT = 280;
const RATES = [30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10000, 20000, 50000];
/** A shape for each codec, in the order in which they are declared: colour alone tells too few apart. */
const SHAPES = [
  "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z", "M-5.5-5.5h11v11h-11z",
  "M0-7l6.5 12h-13z", "M0-7.5l7.5 7.5-7.5 7.5-7.5-7.5z", "M0 7l6.5-12h-13z",
];

export class Panel {
  constructor(receipt, video, seek) {
    this.receipt = receipt;
    this.video = video;
    this.seek = seek;
    this.rung = null;
    const [ladder, shots] = [document.getElementById("ladder"), document.getElementById("shots")];
    document.getElementById("panel").hidden = !receipt.ladder.length && !receipt.shots.length;
    ladder.hidden = !receipt.ladder.length;
    shots.hidden = !receipt.shots.length;
    this.drawn = [[ladder, drawLadder], [shots, drawShots]].filter(([figure]) => !figure.hidden);
    if (receipt.ladder.length) describeLadder(ladder, receipt);
    if (receipt.shots.length) describeShots(shots, receipt, seek);
    for (const [figure] of this.drawn) new ResizeObserver(() => this.draw()).observe(figure.querySelector(".plot"));
    video.addEventListener("timeupdate", () => this.movePlayhead());
  }

  /** Which rung plays. */
  mark(rung) {
    this.rung = rung;
    this.draw();
  }

  draw() {
    for (const [figure, draw] of this.drawn) draw(figure.querySelector(".plot"), this);
    this.movePlayhead();
  }

  movePlayhead() {
    const line = document.getElementById("playhead");
    if (line) line.setAttribute("transform", `translate(${this.timeToX(this.video.currentTime)} 0)`);
    const now = this.receipt.shots.findLast((shot) => shot.first_second <= this.video.currentTime + 0.001);
    for (const mark of document.querySelectorAll("[data-shot]")) mark.classList.toggle("now", mark.dataset.shot === String(now?.number));
  }
}

/** The mark of a rung: shape and colour by its codec, hollow where the gate held it back. */
function rungMark(receipt, codec, isOut = false) {
  return coloured(receipt, codec, svg("path", { class: `rung${isOut ? " out" : ""}`, d: SHAPES[codecPlace(receipt, codec) % SHAPES.length] }));
}

function coloured({ codecs }, codec, mark) {
  if (codecs[codec]) mark.style.setProperty("--codec", codecs[codec].colour);
  return mark;
}

/** An element of the SVG with attributes and children or text. */
function svg(name, attributes = {}, ...inside) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

function frame(place, label) {
  const width = Math.max(240, place.clientWidth);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label });
  place.replaceChildren(drawing);
  return { drawing, left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom };
}

function scale(from, to, start, end) {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** Round numbers that cover the scores, the top always 100. */
function scoreTicks(scores) {
  const low = Math.max(0, Math.min(...scores, 95));
  const step = low < 50 ? 20 : low < 80 ? 10 : 5;
  const first = Math.floor((low - 0.5) / step) * step;
  return Array.from({ length: Math.floor((100 - Math.max(0, first)) / step) + 1 }, (_, place) => 100 - place * step).reverse();
}

function drawAxes(plot, { x, xTicks, xText, xName, y, yTicks }) {
  const { drawing, left, right, top, bottom } = plot;
  for (const score of yTicks) {
    drawing.append(svg("line", { class: "grid", x1: left, x2: right, y1: y(score), y2: y(score) }));
    drawing.append(svg("text", { class: "tick", x: left - 8, y: y(score) + 4, "text-anchor": "end" }, String(score)));
  }
  for (const value of xTicks) {
    drawing.append(svg("line", { class: "grid", x1: x(value), x2: x(value), y1: top, y2: bottom }));
    drawing.append(svg("text", { class: "tick", x: x(value), y: bottom + 17, "text-anchor": "middle" }, xText(value)));
  }
  drawing.append(svg("text", { class: "axis", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, xName));
  drawing.append(svg("text", { class: "axis", transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, "VMAF"));
}

function drawLadder(place, { receipt, rung: playing }) {
  const all = [...receipt.ladder, ...receipt.front, ...receipt.fixed];
  const plot = frame(place, ladderSummary(receipt));
  const [low, high] = [Math.min(...all.map((one) => one.kbps)) / 1.25, Math.max(...all.map((one) => one.kbps)) * 1.25];
  const yTicks = scoreTicks(all.map((one) => one.vmaf));
  const log = scale(Math.log(low), Math.log(high), plot.left, plot.right);
  const x = (kbps) => log(Math.log(kbps));
  const y = scale(yTicks[0], 100, plot.bottom, plot.top);
  drawAxes(plot, { x, y, yTicks, xTicks: apart(RATES.filter((kbps) => kbps > low && kbps < high), x, 44), xText: (kbps) => kbps.toLocaleString("en"), xName: "kb/s (logarithmic)" });
  const points = (list) => list.map((one) => `${x(one.kbps)},${y(one.vmaf)}`).join(" ");
  plot.drawing.append(svg("polyline", { class: "fixed", points: points(receipt.fixed) }));
  for (const codec of new Set(receipt.front.map((point) => point.codec))) {
    const own = receipt.front.filter((point) => point.codec === codec); // one line would zigzag between codecs
    plot.drawing.append(coloured(receipt, codec, svg("polyline", { class: "front", points: points(own) })));
  }
  for (const rung of receipt.fixed) plot.drawing.append(svg("rect", { class: "fixed", x: x(rung.kbps) - 3.5, y: y(rung.vmaf) - 3.5, width: 7, height: 7 }, hint(`fixed ladder, ${rung.name}: VMAF ${rung.vmaf.toFixed(1)} foreseen`)));
  const taken = [];
  for (const rung of [...receipt.ladder].reverse()) drawRung(plot, receipt, rung, { x: x(rung.kbps), y: y(rung.vmaf), playing: rung === playing, taken });
}

function drawRung({ drawing, right, bottom }, receipt, rung, { x, y, playing, taken }) {
  const said = `${rung.name}: ${rate(rung.kbps)}, VMAF ${rung.vmaf.toFixed(1)}${ships(rung) ? "" : ", held back"}`;
  const place = svg("g", { class: `place${playing ? " now" : ""}`, "data-rung": rung.name, transform: `translate(${x} ${y})` }, hint(said));
  if (playing) place.append(svg("circle", { class: "halo", r: 11 }));
  place.append(rungMark(receipt, rung.codec, !ships(rung)));
  drawing.append(place);
  // beside the mark on the lower right, where a rising curve leaves room; of two that would touch the dearer
  const spot = { x: Math.min(x + 9, right - 30), y: Math.min(y + 17, bottom - 4) };
  if (taken.some((other) => Math.abs(other.x - spot.x) < 34 && Math.abs(other.y - spot.y) < 13)) return;
  taken.push(spot);
  drawing.append(svg("text", { class: "name", ...spot }, lines(rung)));
}

function drawShots(place, panel) {
  const { receipt } = panel;
  const plot = frame(place, shotsSummary(receipt));
  const end = Math.max(...receipt.shots.map((shot) => shot.first_second + shot.seconds));
  const x = scale(0, end, plot.left, plot.right);
  const yTicks = scoreTicks(receipt.shots.map((shot) => shot.vmaf));
  const y = scale(yTicks[0], 100, plot.bottom, plot.top);
  panel.timeToX = x;
  drawAxes(plot, { x, y, yTicks, xTicks: timeTicks(end, plot.right - plot.left), xText: clock, xName: "time" });
  const [worst, several] = [worstShot(receipt.shots), receipt.shots.length > 1];
  for (const shot of receipt.shots) {
    const [left, width] = [x(shot.first_second), Math.max(1.5, x(shot.seconds) - x(0) - 1.5)];
    const bar = svg("g", { class: `shot${several && shot === worst ? " worst" : ""}`, "data-shot": shot.number }, hint(`shot ${shot.number}, ${clock(shot.first_second)}: VMAF ${shot.vmaf.toFixed(1)}`));
    bar.append(svg("rect", { class: "fill", x: left, width, y: y(shot.vmaf), height: Math.max(0, plot.bottom - y(shot.vmaf)) }));
    bar.append(svg("rect", { class: "cap", x: left, width, y: y(shot.vmaf) - 1.5, height: 3 }));
    bar.append(svg("rect", { class: "target", x: left, width: width + 1.5, y: plot.top, height: plot.bottom - plot.top }));
    bar.addEventListener("click", () => panel.seek(shot.first_second));
    plot.drawing.append(bar);
  }
  plot.drawing.append(svg("line", { id: "playhead", x1: 0, x2: 0, y1: plot.top - 6, y2: plot.bottom }));
}

function hint(words) {
  return svg("title", {}, words);
}

/** Those values that stand at least so many pixels apart. */
function apart(values, x, pixels) {
  let last = -Infinity;
  return values.filter((value) => x(value) - last >= pixels && (last = x(value)) === last);
}

function timeTicks(seconds, pixels) {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find((one) => (pixels * one) / seconds >= 48) || 7200;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, place) => place * step);
}

function worstShot(shots) {
  return shots.reduce((worst, shot) => (shot.vmaf < worst.vmaf ? shot : worst));
}

function ladderSummary(receipt) {
  const { fixed } = receipt;
  const shipped = receipt.ladder.filter(ships);
  const ladder = shipped.length ? shipped : receipt.ladder;
  const [low, high] = [ladder[0], ladder.at(-1)];
  const against = fixed.length ? `, against ${fixed.length} of a fixed ladder` : "";
  return ladder.length === 1 ? `One rendition: ${rate(low.kbps)}, VMAF ${low.vmaf.toFixed(1)}${against}.`
    : `${ladder.length} renditions from ${rate(low.kbps)} with VMAF ${low.vmaf.toFixed(1)} to ${rate(high.kbps)} with VMAF ${high.vmaf.toFixed(1)}${against}.`;
}

function shotsSummary({ shots }) {
  const worst = worstShot(shots);
  return shots.length === 1 ? `One shot with VMAF ${worst.vmaf.toFixed(1)}.`
    : `${shots.length} shots; the worst is shot ${worst.number} at ${clock(worst.first_second)} with VMAF ${worst.vmaf.toFixed(1)}.`;
}

function describeLadder(figure, receipt) {
  figure.querySelector("p").textContent = ladderSummary(receipt);
  const codecs = [...new Set(receipt.ladder.map((rung) => rung.codec))];
  const all = receipt.ladder.every(ships);
  const keys = codecs.map((codec) => [codecName(receipt, codec), rungMark(receipt, codec)]);
  if (!all) keys.push(["Held back", rungMark(receipt, codecs[0], true)]);
  if (receipt.front.length) keys.push(["Best of all probes", svg("path", { class: "front", d: "M-8 0H8" })]);
  if (receipt.fixed.length) keys.push(["Fixed ladder, foreseen", svg("path", { class: "fixed", d: "M-8 0h4M-3.5-3.5h7v7h-7zM4 0h4" })]);
  fillLegend(figure, keys);
  const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
  const both = (found, foreseen, digits) => (Number.isFinite(foreseen) ? `${found.toFixed(digits)} (${foreseen.toFixed(digits)})` : found.toFixed(digits));
  fillTable(figure, "Ladder", ["Rendition", "Size", "kb/s (foreseen)", "VMAF (foreseen)", "Worst 1 %", "Worst shot", ...(all ? [] : ["Plays"])], receipt.ladder.map((rung) => [
    rung.name, `${rung.width} × ${rung.height}`, both(rung.kbps, rung.kbps_predicted, 0),
    both(rung.vmaf, rung.vmaf_predicted, 1), number(rung.p1, 1), number(rung.worst_shot, 1), ...(all ? [] : [ships(rung) ? "yes" : rung.reason || "no"]),
  ]));
}

function describeShots(figure, receipt, seek) {
  figure.querySelector("p").textContent = shotsSummary(receipt);
  const keys = [["Shot", svg("path", { class: "shot", d: "M-8-1.5h16v3h-16z" })], ["Worst shot", svg("path", { class: "shot worst", d: "M-8-1.5h16v3h-16z" })], ["Playing now", svg("path", { class: "playhead", d: "M0-7v14" })]];
  fillLegend(figure, receipt.shots.length > 1 ? keys : keys.toSpliced(1, 1));
  fillTable(figure, "Shots", ["Shot", "Starts", "Seconds", "VMAF"], receipt.shots.map((shot) => {
    const go = Object.assign(document.createElement("button"), { type: "button", textContent: clock(shot.first_second) });
    go.setAttribute("aria-label", `Go to shot ${shot.number} at ${clock(shot.first_second)}`);
    go.addEventListener("click", () => seek(shot.first_second));
    return [String(shot.number), go, shot.seconds.toFixed(1), shot.vmaf.toFixed(1)];
  }));
}

function fillLegend(figure, keys) {
  figure.querySelector(".legend").replaceChildren(...keys.map(([name, mark]) => {
    const item = document.createElement("li");
    item.append(svg("svg", { viewBox: "-9 -9 18 18", width: 18, height: 18, "aria-hidden": "true" }, mark), name);
    return item;
  }));
}

function fillTable(figure, caption, heads, rows) {
  const table = document.createElement("table");
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  for (const name of heads) head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: name }));
  const body = table.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((cell, place) => {
      const box = place ? row.insertCell() : row.appendChild(Object.assign(document.createElement("th"), { scope: "row" }));
      box.append(cell);
    });
  }
  const scroll = figure.querySelector(".scroll");
  scroll.tabIndex = 0; // a table wider than a phone can be moved by keys
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `${caption} table`);
  scroll.replaceChildren(table);
}
