// A ball on a curve with a plateau, a shallow valley and a deep one: gradient descent and momentum
// from one start, their energy above the ground, and under it their way, with time going down.
import { after } from "./_after.js";
import { facts, head, key, presets, verdicts } from "./_controls.js";
import { DASHES, clamp, fill, make, memo, move, num, rounded, set, stroke, swatch } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, outline, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 1], beta: [0, 0.995], decay: [0.95, 1], start: [-4.5, 5], at: [0, 3000, 1] };

// As in d2lmini.landscapes: depth, centre and width of the two valleys, and the walls at both ends.
const WELLS = [[0.7, 0, 0.7], [2, 2.6, 0.8]];
const [WALL, STEEPNESS] = [7, 8];
/** Where the rim between the valleys is. */
export const RIM = 0.90448208525946;
/** Where the deepest point is. */
export const FLOOR = 2.59843527731102;
const WINDOW = [[-5, 5.5], [-2.25, 0.45]];
const METHODS = ["gd", "momentum"];

/** How many widths x is from a centre; 40 is as good as infinity to a Gaussian. */
const away = (/** @type {number} */ x, /** @type {number} */ centre, /** @type {number} */ width) => clamp((x - centre) / width, -40, 40);

/** @typedef {[height: number, slope: number]} Ground */

/**
 * The height of the ground, and its slope: a run needs both at each of its steps.
 * @param {number} x
 * @param {Ground} [out] where to put them, instead of a new array
 * @returns {Ground}
 */
export function ground(x, out = [0, 0]) {
  out[0] = out[1] = 0;
  for (let i = 0; i < WELLS.length; i++) {
    const [depth, at, width] = WELLS[i];
    const z = away(x, at, width);
    const bell = Math.exp(-(z ** 2) / 2);
    out[0] -= depth * bell;
    out[1] += (depth / width) * z * bell;
  }
  out[0] += (x / WALL) ** STEEPNESS;
  out[1] += (STEEPNESS / WALL) * (x / WALL) ** (STEEPNESS - 1);
  return out;
}

export const height = (/** @type {number} */ x) => ground(x)[0];
export const slope = (/** @type {number} */ x) => ground(x)[1];

const CREST = height(RIM);

/**
 * A run, and its energy f(x) + ½ηβv² at each step; β = 0 is gradient descent.
 * @param {{eta: number, beta: number, decay: number, start: number, steps: number}} setting
 * @returns {{x: number[], energy: number[], overflowed: boolean}}
 */
export function run({ start, eta, beta, decay, steps }) {
  const x = [start];
  const here = ground(start);
  const energy = [here[0]];
  // Thousands of steps at each input: without the arrays of `descend`.
  for (let [at, v, t] = [start, 0, 0]; t < steps; t++) {
    v = beta * v + here[1];
    at -= eta * v;
    if (!Number.isFinite(at) || !Number.isFinite(v)) return { x, energy, overflowed: true };
    eta *= decay;
    x.push(at);
    energy.push(ground(at, here)[0] + (Math.sqrt((eta * beta) / 2) * v) ** 2);
  }
  return { x, energy, overflowed: false };
}

const level = (/** @type {number} */ x) => WELLS.every(([, at, width]) => Math.abs(x - at) > 2.5 * width);

/**
 * Where a run ends: "plateau", which it never left, "away", in a valley whose rim it has been too
 * weak to pass from `step` on, or still "on_way".
 * @param {{x: number[], energy: number[], overflowed: boolean}} run
 * @returns {{kind: "plateau"|"away"|"on_way"|"shallow"|"deep", step: number}}
 */
export function outcome({ x, energy, overflowed }) {
  const last = x.length - 1;
  const gone = x.findIndex((at) => Math.abs(at) > 2 * WALL);
  if (overflowed || gone >= 0) return { kind: "away", step: gone < 0 ? last : gone };
  if (x.every(level)) return { kind: "plateau", step: 0 };
  let step = last + 1;
  while (step > 0 && energy[step - 1] < CREST) step--;
  if (step > last) return { kind: "on_way", step: 0 };
  return { kind: x[last] < RIM ? "shallow" : "deep", step };
}

/**
 * The first and the last point, and of the others those at least a pixel away from the one before.
 * @param {number} count of the points
 * @param {(t: number) => number} x
 * @param {(t: number) => number} y
 * @param {any} area a plot
 * @returns {number[][]}
 */
function thin(count, x, y, { box, area }) {
  const [w, h] = box.map((/** @type {number[]} */ [low, high], /** @type {number} */ i) => (i ? area.height : area.width) / (high - low));
  const kept = [[x(0), y(0)]];
  for (let t = 1, [a, b] = kept[0]; t < count; t++) {
    const [p, q] = [x(t), y(t)];
    if (((p - a) * w) ** 2 + ((q - b) * h) ** 2 < 1 && t < count - 1) continue;
    kept.push([p, q]);
    [a, b] = [p, q];
  }
  return kept;
}

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const steps = model.get("steps");
  const [[left, right], [low, top]] = WINDOW;
  const names = METHODS.map((m) => labels[`method.${m}`]);
  const colours = METHODS.map((m) => `var(--${m})`);
  // Hollow and full: the two balls differ without their colours, too.
  const ball = (/** @type {number} */ i, r = 6) =>
    make("svg:circle", i ? { r, fill: colours[1], stroke: "var(--paper)" } : { r, fill: "var(--paper)", stroke: colours[0], "stroke-width": 3 });

  const land = plot({ label: labels["landscape.energy"], role: "group", names: ["", "f"], left: 42, bare: true });
  const time = plot({ label: labels["landscape.track"], role: "group", names: ["x", ""], left: 42, down: labels["landscape.at"], whole: [false, true] });
  const areas = [land, time];
  const earth = stroke({ fill: "var(--contour)", stroke: "none", opacity: 0.22 });
  const pool = stroke({ fill: colours[1], stroke: "none", opacity: 0.18 });
  const surface = stroke({ stroke: "var(--ink)", "stroke-width": 1.75 });
  const stick = stroke({ stroke: colours[1], "stroke-width": 3 });
  const rest = stroke({ stroke: colours[1], "stroke-dasharray": "1 3" });
  const now = stroke();
  const floor = stroke();
  const rims = areas.map(() => stroke({ "stroke-dasharray": "2 4" }));
  const lines = areas.map(() => METHODS.map((m, i) => curve(colours[i], { dash: DASHES[m], dots: 0 })));
  const locks = areas.map(() => colours.map((c) => stroke({ d: "M0-6L5 0L0 6L-5 0Z", fill: "var(--paper)", stroke: c, "stroke-width": 2 })));
  const balls = [ball(0), ball(1, 7), ball(0, 4.5)];
  const bars = METHODS.map((_, i) => [stroke({ stroke: "var(--contour)" }), stroke({ stroke: colours[i] }), ball(i, 4.5)]);

  const begin = grip({
    label: labels["explore.start"], home: () => change({ start: initial.start }), colour: "var(--ink)", step: [0.1, 0], toData: land.toData,
    get: () => [model.get("start"), 0],
    put: ([x]) => change({ start: Number(clamp(x, ...state.start).toFixed(2)) }),
    text: ([x]) => `x = ${rounded(x)}`,
  });
  let told = "";
  const present = () => Math.min(model.get("at"), steps);
  // Time goes down, and a value grows to the right: both coordinates stand for it, and add up.
  const clock = grip({
    label: labels["landscape.at"], home: () => change({ at: initial.at }), colour: colours[1], step: [10, -10],
    get: () => [present(), present()],
    put: ([x, y]) => change({ at: Math.round(clamp(x + y - present(), 0, steps)) }),
    toData: (x, y) => [present(), -time.toData(x, y)[1]],
    text: () => told,
  });
  land.marks.append(earth, pool, surface);
  areas.forEach((area, a) => area.marks.append(rims[a], ...lines[a].map((l) => l.node)));
  land.over.append(rest, stick, ...bars.flat(), floor, ...locks[0], balls[0], balls[1], begin.node);
  time.over.append(now, balls[2], ...locks[1], clock.node);

  const words = verdicts(labels, METHODS);
  const energies = ["potential", "kinetic", "total"].map((name) => labels[`landscape.${name}`]);
  const numbers = facts([labels["landscape.at"], "x", ...["var(--contour)", colours[1]].map((c, i) => make("span", {}, swatch(c), energies[i])), energies[2]]);
  const bar = presets({ labels, initial, change }, [
    ["plateau", 0.9, 1500], ["shallow", 0.95, 960], ["deep", 0.975, 560], ["decay", 0.975, 1500, 0.997], ["back", 0.992, 78, 1, 4.8, 0.005],
  ].map(([name, beta, at, decay = 1, start = -3, eta = 0.01]) => ({ name, text: labels[`landscape.preset.${name}`], values: { eta, beta, decay, start, at } })));

  /** @type {number[][]} */
  const samples = Array.from({ length: 351 }, (_, i) => left + (i / 350) * (right - left)).map((x) => [x, height(x)]);
  // The pool around x, filled up to its energy: where it could get to from here.
  const water = (/** @type {number} */ x, /** @type {number} */ energy) => {
    let a = Math.round(((x - left) / (right - left)) * 350);
    let b = a;
    while (a > 0 && samples[a - 1][1] < energy) a--;
    while (b < 350 && samples[b + 1][1] < energy) b++;
    const lid = Math.min(energy, top);
    return `${outline([[samples[a][0], lid], ...samples.slice(a, b + 1), [samples[b][0], lid]], land)}Z`;
  };
  let known = "";
  // Of the two runs often only one is another: gradient descent has no β.
  const walks = METHODS.map(() => memo((start, eta, beta, decay) => {
    const each = run({ start, eta, beta, decay, steps });
    const gain = each.energy.reduce((most, e, t) => Math.max(most, t && e - each.energy[t - 1]), 0);
    return { ...each, ...outcome(each), gain };
  }));
  /** @type {any[]} */
  let runs = [];

  return {
    nodes: [bar, head(labels["landscape.energy"], { beside: names.map((name, i) => key(name, colours[i], DASHES[METHODS[i]])) }),
      land.node, time.node, numbers.node, words.node],
    layout(width) {
      const narrow = width < 480;
      const edge = width - (narrow ? 52 : 84);
      land.layout(edge, clamp(width * 0.34, 190, 270), WINDOW);
      time.layout(edge, clamp(width * 0.27, 170, 210), [WINDOW[0], [-steps, 0]]);
      set(surface, { d: outline(samples, land) });
      set(earth, { d: `${outline([[left, low], ...samples, [right, low]], land)}Z` });
      set(rims[0], { d: outline([[-0.9, CREST], [4, CREST]], land) });
      set(rims[1], { d: outline([[RIM, 0], [RIM, -steps]], time) });
      const y = land.place([0, height(FLOOR)])[1];
      const size = narrow ? 13 : 20;
      bars.forEach((own, i) => own.forEach((node, k) => set(node, { transform: `translate(${edge + (i ? 2.2 : 0.8) * size} ${k < 2 ? y : y + 10})`, "stroke-width": k < 2 ? size : 2 })));
      set(floor, { d: `M${edge} ${y}h${3 * size}` });
      words.layout(width);
      [known, runs] = ["", []];
    },
    draw({ eta, beta, decay, start, at }) {
      const asked = `${[eta, beta, decay, start]}`;
      if (known !== asked) {
        known = asked;
        const before = runs;
        runs = [0, beta].map((b, i) => walks[i](start, eta, b, decay));
        runs.forEach((each, i) => {
          if (each === before[i]) return;
          const { x, energy, kind, step } = each;
          areas.forEach((area, a) => {
            lines[a][i].draw(thin(x.length, (t) => x[t], (t) => (a ? -t : energy[t]), area), area);
            move(locks[a][i], step > 0 && kind !== "away" && area.place([x[step], a ? -step : energy[step]]));
          });
        });
        const texts = () => runs.map(({ x, kind, step, gain }) =>
          [eta ? kind : "still", ...(gain > 1e-9 && kind !== "away" ? ["gains"] : [])].map((name) =>
            fill(labels[`landscape.${name}`], { step, steps, x: rounded(x[x.length - 1]), gain: num(gain) })).join(""));
        after(words, () => say(words.draw(texts())));
        // Under the ground, where it hides no ball.
        const [x, y] = land.place([start, height(start)]);
        begin.place([x, y + 11], land.box);
      }
      const t = Math.min(at, steps);
      runs.forEach(({ x: xs, energy }, i) => {
        const last = Math.min(t, xs.length - 1);
        const [x, e] = [xs[last], energy[last]];
        const [f, here] = [height(x), x > left && x < right];
        const [px, py] = land.place([x, f]);
        // So far above the ground that it lies on it, on a slope as well.
        const tilt = (slope(x) * land.area.height * (right - left)) / ((top - low) * land.area.width);
        move(balls[i], here && [px, py - 8 * Math.hypot(1, tilt)]);
        const [y0, y1, y2] = [height(FLOOR), f, e].map((v) => land.place([0, Math.min(v, top)])[1]);
        set(bars[i][0], { d: `M0 0V${y1 - y0}` });
        set(bars[i][1], { d: `M0 ${y1 - y0}V${y2 - y0}` });
        if (!i) return move(balls[2], here && time.place([x, -last]));
        set(pool, { d: here ? water(x, e) : "" });
        set(stick, { d: here ? `M${px} ${py}V${y2}` : "" });
        set(rest, { d: here ? `M${px} ${y2}H${land.area.left + land.area.width + 12}` : "" });
        const texts = [rounded(x), ...[f, e - f, e].map((v) => rounded(v, 3))];
        after(numbers, () => numbers.draw([`${t}`, ...texts]));
        told = `${t}: x = ${texts[0]}, ${energies[2]} ${texts[3]}`;
        clock.place(time.place([clamp(x, left, right), -last]), [[0, steps], [0, steps]]);
      });
      set(now, { d: outline([[left, -t], [right, -t]], time) });
    },
  };
}

const render = explorable({ state, rebuild: ["steps"], mount });

export default { render };
