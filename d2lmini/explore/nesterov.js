// The heavy ball beside Nesterov's method on the function of Lessard, Recht and Packard, on which
// the settings that are best for quadratics end in a cycle from some starts; and a strip of all starts.
import { after } from "./_after.js";
import { choice, head, key, presets, verdicts } from "./_controls.js";
import { descend } from "./_descent.js";
import { DASHES, clamp, fill, fixed, make, num, rounded, set, stroke, tenth, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, outline, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 0.16], beta: [0, 0.95], start: [-5, 5], ahead: ["own", "same"] };

const OWN = { eta: 1 / 25, beta: 2 / 3 };
const WINDOW = [[-5, 5], [0, 120]];
const METHODS = ["momentum", "nesterov"];
/** The starts of the strip are a hundredth apart, as the places of the grip are. */
const COUNT = 1001;
/** What can become of a start, and how high and how its block of the strip is drawn. */
/** @type {Object<string, number>} */
const KINDS = { cycle: 24, converges: 6, diverges: 24, slow: 12 };

/** The function, whose curvature is 25, between 1 and 2 only 1, and 25 again. */
export const bowl = (/** @type {number} */ x) => (x < 1 ? 12.5 * x * x : x < 2 ? (0.5 * x + 24) * x - 12 : (12.5 * x - 24) * x + 36);

/** Its slope. */
export const steepness = (/** @type {number} */ x) => (x < 1 ? 25 * x : x < 2 ? x + 24 : 25 * x - 24);

/**
 * What becomes of a start: |x| stays below 0.001 or is above 1000 from `step` on, or x goes round a
 * `cycle`, which is found by looking for the state of step 1, 2, 4, 8, … again (Brent), as `near`
 * as that; and it is "slow" if nothing of this is clear after `most` steps.
 * @param {{eta: number, beta: number, start: number, lookahead?: boolean, most?: number, near?: number}} setting
 * @returns {{kind: "cycle"|"converges"|"diverges"|"slow", step: number, cycle: number[]}}
 */
export function fate({ eta, beta, start, lookahead = false, most = 3000, near = 1e-8 }) {
  let [x, v, heldX, heldV, lap, turn, step] = [start, 0, start, 0, 0, 1, 0];
  const stable = 25 * eta < (lookahead ? (2 + 2 * beta) / (1 + 2 * beta) : 2 + 2 * beta);
  /** @type {number[]} */
  const cycle = [];
  for (let t = 1; t <= most; t++) {
    const g = steepness(x);
    v = beta * v + g;
    x -= eta * (lookahead ? g + beta * v : v);
    const size = Math.abs(x);
    if (cycle.length) {
      if (Math.abs(x - cycle[0]) > 10 * near && cycle.length < lap) {
        cycle.push(x);
        continue;
      }
      if (cycle.length === 1) break;
      const low = cycle.indexOf(Math.min(...cycle));
      return { kind: "cycle", step: t, cycle: [...cycle.slice(low), ...cycle.slice(0, low)] };
    }
    if (!(size < 1000)) return { kind: "diverges", step: t, cycle };
    if (size >= 0.001) step = t + 1;
    // So near to 0 it stays where the curvature is 25, and shrinks.
    else if ((stable && size + eta * Math.abs(v) < 100 * near) || v === 0) return { kind: "converges", step, cycle };
    lap++;
    if (lap > 1 && Math.abs(x - heldX) + eta * Math.abs(v - heldV) < near) cycle.push(x);
    else if (lap === turn) [heldX, heldV, lap, turn] = [x, v, 0, 2 * turn];
  }
  return { kind: "slow", step: most, cycle: [] };
}

/**
 * What becomes of the starts of the strip, from left to right.
 * @param {number} eta
 * @param {number} beta
 * @param {number} [every] 1 for all of them, 5 for each fifth one
 * @returns {string[]}
 */
export const strip = (eta, beta, every = 1) =>
  Array.from({ length: (COUNT - 1) / every + 1 }, (_, k) => fate({ eta, beta, start: (k * every - (COUNT - 1) / 2) / 100, most: 600, near: 1e-5 }).kind);

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const steps = model.get("steps");
  const [[left, right], [, top]] = WINDOW;
  const names = METHODS.map((m) => labels[`method.${m}`]);
  const colours = METHODS.map((m) => `var(--${m})`);

  const land = plot({ label: labels["nesterov.function"], names: ["", "f"], left: 42, bare: true });
  const time = plot({ label: labels["nesterov.track"], names: ["x", ""], left: 42, down: labels["nesterov.step"], whole: [false, true] });
  const areas = [land, time];
  const bands = areas.map(() => stroke({ fill: "var(--accent)", stroke: "none", opacity: 0.1 }));
  const ground = stroke({ stroke: "var(--ink)", "stroke-width": 1.75 });
  const round = stroke({ stroke: colours[0], "stroke-width": 2.5, "stroke-linejoin": "round" });
  const drop = stroke({ stroke: "var(--ink)", "stroke-dasharray": "2 3" });
  const looks = METHODS.map((m, i) => ({ dash: DASHES[m], dots: i ? 4 : 5.5, most: 200, width: 1.25 }));
  const hops = looks.map((look, i) => curve(colours[i], { ...look, width: 0.75 }));
  const tracks = looks.map((look, i) => curve(colours[i], look));
  const said = [25, 1, 25].map(() => make("svg:text", { "text-anchor": "middle", style: "paint-order:stroke;stroke:var(--paper);stroke-width:4px" }));
  land.marks.append(bands[0], ground, ...hops.map((c) => c.node), round);
  land.over.append(...said);
  time.marks.append(bands[1], ...tracks.map((c) => c.node));

  const kinds = Object.keys(KINDS);
  const block = (/** @type {string} */ kind) => stroke({ stroke: "none", fill: kind === "cycle" ? colours[0] : "var(--contour)", ...(kind === "diverges" && { fill: "none", stroke: "var(--gd)", "stroke-dasharray": "2 3" }) });
  const blocks = kinds.map(block);
  // The legend of the strip says how much of it each kind is.
  const shares = kinds.map((kind) => {
    const icon = block(kind);
    set(icon, { d: `M1 13v${-KINDS[kind] / 2}h10v${KINDS[kind] / 2}Z` });
    return { word: make("span"), node: make("small", {}, make("svg:svg", { class: "swatch", width: 12, height: 14, "aria-hidden": "true" }, icon)) };
  });
  shares.forEach(({ word, node }) => node.append(word));
  const begin = grip({
    label: labels["explore.start"], colour: colours[0], step: [0.01, 0], toData: land.toData,
    get: () => [model.get("start"), 0],
    put: ([x]) => change({ start: Number(clamp(x, left, right).toFixed(2)) }),
    home: () => change({ start: initial.start }),
    text: ([x]) => `x = ${rounded(x)}`,
  });
  const starts = make("svg:svg", { height: 48, role: "group", "aria-label": labels["nesterov.starts"] }, ...blocks, drop, begin.node);

  const own = choice({ label: labels["nesterov.ahead"], options: state.ahead.map((word) => [String(word), labels[`nesterov.ahead.${word}`]]), put: (ahead) => change({ ahead }) });
  const words = verdicts(labels, METHODS, 2);
  const best = { eta: 1 / 9, beta: 4 / 9, ahead: "own" };
  const bar = presets({ labels, initial, change }, Object.entries({ cycle: { start: 3.3 }, beside: { start: 3.5 }, four: { eta: 0.09, beta: 0.9, start: 3 }, same: { start: 3.3, ahead: "same" } }).map(
    ([name, values]) => ({ name, text: labels[`nesterov.preset.${name}`], values: { ...best, ...values } })));
  let known = "";
  let timer = 0;
  const paint = (/** @type {number} */ eta, /** @type {number} */ beta, /** @type {number} */ every) => {
    const ends = strip(eta, beta, every);
    const edge = (/** @type {number} */ i) => tenth(clamp(land.area.left + ((i * every - (every - 1) / 2) / COUNT) * land.area.width, land.area.left, land.area.left + land.area.width));
    const share = kinds.map((kind) => ends.filter((end) => end === kind).length / ends.length);
    after(shares, () => kinds.forEach((kind, k) => {
      write(shares[k].word, `${labels[`nesterov.end.${kind}`]} ${fill(labels["explore.percent"], { n: num(100 * share[k], fixed(0)) })}`);
      set(shares[k].node, { style: share[k] < 0.005 ? "display:none" : "" });
    }));
    kinds.forEach((kind, k) => {
      const tall = KINDS[kind];
      let d = "";
      ends.forEach((end, i) => {
        if (end === kind && ends[i - 1] !== kind) d += `M${edge(i)} 36v${-tall}H`;
        if (end === kind && ends[i + 1] !== kind) d += `${edge(i + 1)}v${tall}Z`;
      });
      set(blocks[k], { d });
    });
  };

  const sentence = (/** @type {ReturnType<typeof fate>} */ { kind, step, cycle }, /** @type {number} */ eta) => {
    const points = cycle.map((x) => rounded(x, 4));
    const name = kind === "cycle" && cycle.length > 6 ? "longer" : eta ? kind : "still";
    return fill(labels[`nesterov.${name}`], { step, n: cycle.length, points: points.join(", "), low: points[0], high: rounded(Math.max(...cycle), 4) });
  };

  return {
    nodes: [bar, own.node,
      head(labels["nesterov.function"], { beside: names.map((name, i) => key(name, colours[i], DASHES[METHODS[i]])) }),
      land.node, head(labels["nesterov.starts"], { beside: shares.map(({ node }) => node) }), starts, time.node, words.node],
    layout(width) {
      land.layout(width, clamp(width * 0.28, 170, 230), WINDOW);
      time.layout(width, clamp(width * 0.32, 200, 260), [WINDOW[0], [-steps, 0]]);
      set(starts, { width });
      set(ground, { d: outline(Array.from({ length: 201 }, (_, i) => left + i / 20).map((x) => [x, bowl(x)]).filter(([, y]) => y < 1.2 * top), land) });
      areas.forEach((area, a) => set(bands[a], { d: `${outline([[1, area.box[1][0]], [1, area.box[1][1]], [2, area.box[1][1]], [2, area.box[1][0]]], area)}Z` }));
      said.forEach((node, i) => {
        const [x, y] = land.place([[-1, 1.5, 3][i], top]);
        set(node, { x, y: y + 12 });
        node.textContent = i === 1 ? "1" : i ? "25" : fill(labels["nesterov.curvature"], { value: 25 });
      });
      words.layout(width);
      known = "";
    },
    draw({ eta, beta, start, ahead }) {
      const asked = `${[eta, beta]}`;
      if (known !== asked) {
        // All thousand starts may take longer than a frame has: while a slider moves, each fifth one.
        paint(eta, beta, known ? 5 : 1);
        clearTimeout(timer);
        if (known) timer = setTimeout(paint, 100, eta, beta, 1);
        known = asked;
      }
      const settings = [{ eta, beta, start }, { ...(ahead === "own" ? OWN : { eta, beta }), start, lookahead: true }];
      const ends = settings.map((setting, i) => {
        const { x } = descend(([at]) => [steepness(at)], [start], { ...setting, steps });
        hops[i].draw(x.map(([at]) => [at, bowl(at)]), land);
        tracks[i].draw(x.map(([at], t) => [at, -t]), time);
        const end = fate(setting);
        const { cycle } = end;
        if (!i) set(round, { d: cycle.length && cycle.length < 99 ? `${outline(cycle.map((at) => [at, bowl(at)]), land)}Z` : "" });
        return end;
      });
      after(words, () => say(words.draw(ends.map((end, i) => sentence(end, settings[i].eta)), settings.map((s) => `η = ${num(s.eta, { maximumFractionDigits: 4 })}, β = ${num(s.beta, { maximumFractionDigits: 4 })}`))));
      own.draw(ahead);
      const at = land.place([start, 0])[0];
      set(drop, { d: `M${at} 0V48` });
      begin.place([at, 24], land.box);
    },
    close: () => clearTimeout(timer),
  };
}

const render = explorable({ state, rebuild: ["steps"], mount });

export default { render };
