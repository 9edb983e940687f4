// One update, many dialects: a setting of one framework in all the others, and the paths of two of
// them, which part once the learning rate changes.
import { after } from "./_after.js";
import { choice, facts, head, key, presets, table } from "./_controls.js";
import { clamp, fill, make, num, set, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What each dialect calls the two numbers; "inside" holds steps, "outside" gradients. */
const DIALECTS = {
  D2L: ["outside", "eta", "beta"],
  PyTorch: ["outside", "lr", "momentum"],
  Dampened: ["outside", "lr", "momentum"],
  Optax: ["outside", "learning_rate", "momentum"],
  EMA: ["outside", "eta", "beta"],
  Keras: ["inside", "learning_rate", "momentum"],
  Velocity: ["inside", "epsilon", "m"],
};
const ALL = Object.keys(DIALECTS);
const SCHEDULES = ["constant", "drop", "warmup", "decay"];
const STEPS = 60;
const LAMS = [0.2, 4];
const START = [-5, -2];
const WINDOW = [[-5.7, 3], [-2.7, 2.7]];
const COLOURS = ["var(--momentum)", "var(--accent)"];
const BROKEN = ["none", "5 4"];

/** What a link to a setting holds, and the range of each number. */
export const state = { dialect: ALL, other: ALL, eta: [0, 1], beta: [0, 0.99], schedule: SCHEDULES, factor: [0, 1], when: [1, STEPS - 1, 1] };

/** Whether a dialect multiplies new gradients by 1 − β. */
const averages = (/** @type {string} */ name) => name === "EMA" || name === "Dampened";

/**
 * The learning rate of a dialect with the same steps, in the long run, as `eta` in another one.
 * @param {string} to
 * @param {string} from
 * @param {number} eta
 * @param {number} beta
 */
export const rateIn = (to, from, eta, beta) => eta * (averages(from) ? 1 - beta : 1) / (averages(to) ? 1 - beta : 1);

/**
 * What the learning rate is multiplied by at each step.
 * @param {string} schedule
 * @param {number} factor
 * @param {number} when
 */
export const factors = (schedule, factor, when) => Array.from({ length: STEPS }, (_, t) =>
  ({ constant: 1, drop: t < when ? 1 : factor, warmup: t < when ? factor + ((1 - factor) * t) / when : 1, decay: factor ** (t / when) })[schedule]);

/**
 * The points that a dialect's own recurrence passes through.
 * @param {string} name
 * @param {number} eta
 * @param {number} beta
 * @param {number[]} scales of the learning rate, step by step
 * @param {(x: number[]) => number[]} grad
 * @param {number[]} start
 */
export function walk(name, eta, beta, scales, grad, start) {
  const path = [start];
  let v = start.map(() => 0);
  scales.forEach((scale, t) => {
    const x = path[t];
    const g = grad(x);
    // PyTorch takes its first gradient in full.
    const share = averages(name) && (t || name === "EMA") ? 1 - beta : 1;
    const inside = DIALECTS[name][0] === "inside";
    v = v.map((vi, i) => beta * vi + (inside ? -eta * scale : share) * g[i]);
    path.push(x.map((xi, i) => xi + (inside ? v[i] : -eta * scale * v[i])));
  });
  return path;
}

/**
 * The largest distance of two paths, the step where it is, and the first one with any.
 * @param {number[][]} a
 * @param {number[][]} b
 */
export function gap(a, b) {
  let size = 1;
  const far = a.map((p, t) => {
    size = Math.max(size, ...p.map(Math.abs));
    const d = Math.hypot(...p.map((v, i) => v - b[t][i]));
    return d > 1e-9 * size ? d : 0; // less is rounding, which grows with a diverging path
  });
  const largest = Math.max(...far);
  return { largest, step: far.indexOf(largest), first: far.findIndex(Boolean) };
}

const slope = () => [1];
const ravine = (/** @type {number[]} */ x) => x.map((v, i) => LAMS[i] * v);

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const word = (/** @type {string} */ name, values = {}) => fill(labels[`dialects.${name}`], values);
  const pick = (/** @type {string} */ trait) => {
    const menu = make("select", { "aria-label": word(trait), onchange: () => change({ [trait]: menu.value }) }, ...ALL.map((name) => make("option", { value: name }, word(name))));
    return menu;
  };
  const menus = ["dialect", "other"].map(pick);
  const when = choice({ label: word("schedule"), options: SCHEDULES.map((name) => [name, word(name)]), put: (schedule) => change({ schedule }) });
  const bar = make("div", { class: "bar" }, ...menus.map((menu, n) => make("span", { style: "white-space:nowrap" }, key("AB"[n], COLOURS[n], BROKEN[n]), menu)), when.node);

  // The two paths, and what joins their points.
  const map = plot({ label: word("paths"), names: ["x₁", "x₂"], framed: true });
  const rings = make("svg:g", { stroke: "var(--contour)", fill: "none", opacity: 0.5 });
  const rungs = make("svg:path", { stroke: "var(--muted)", "stroke-width": 0.75 });
  const paths = COLOURS.map((colour, n) => curve(colour, { dash: BROKEN[n], width: n ? 1.75 : 2.5, dots: n ? 4 : 6, most: 99 }));
  map.marks.append(rings, rungs, ...paths.map((p) => p.node));

  // The length of the steps on an even slope, as a share of the full one.
  const chart = plot({ label: word("lengths"), role: "group", whole: [true, false] });
  const wanted = curve("var(--muted)", { dash: "1 3", width: 2, dots: 0 });
  const lengths = COLOURS.map((colour, n) => curve(colour, { dash: BROKEN[n], width: n ? 1.75 : 2.5, dots: 0 }));
  const step = [1, 0.05];
  const corner = grip({
    label: word("corner"), colour: "var(--ink)", step,
    get: () => [model.get("when"), model.get("factor")],
    put: ([t, y]) => change({ when: clamp(Math.round(t), 1, STEPS - 1), ...(step[1] ? { factor: Number(clamp(y, 0, 1).toFixed(2)) } : {}) }),
    home: () => change({ when: initial.when, factor: initial.factor }),
    toData: (x, y) => {
      const [t, share] = chart.toData(x, y);
      return [t - 0.5, share];
    },
    text: ([t, y]) => word("text", { n: t, factor: num(y) }),
  });
  chart.marks.append(wanted.node, ...lengths.map((c) => c.node));
  chart.over.append(corner.node);

  const told = make("p", { class: "status" });
  const live = facts(["largest", "at"].map((name) => word(name)));
  const list = table(word("table"), ["", ...["setting", "holds", "distance"].map((name) => word(name))], ALL.length);
  for (const row of list.node.tBodies[0].rows) row.cells[1].style.cssText = "font-family:monospace;overflow-wrap:anywhere;min-width:6.6rem";
  const panels = make("div", { class: "panels" },
    make("div", {}, head(word("paths")), map.node, live.node),
    make("div", {}, head(word("lengths"), { beside: [key("η", "var(--muted)", "1 3")] }), chart.node, told));
  const two = { dialect: "PyTorch", other: "Keras", factor: 0.1 };
  const ready = presets({ labels, initial, change }, [
    { name: "same", values: { ...two, schedule: "constant" } },
    { name: "tenth", values: { ...two, schedule: "drop" } },
    { name: "stop", values: { ...two, schedule: "drop", factor: 0 } },
    { name: "dampening", values: { ...two, other: "Dampened", schedule: "constant" } },
  ].map((p) => ({ ...p, text: word(`preset.${p.name}`) })), word("hint"));

  return {
    nodes: [ready, bar, panels, list.node],
    layout(/** @type {number} */ width) {
      const columns = width < 620 ? 1 : 2;
      panels.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      const each = (width - 24 * (columns - 1)) / columns;
      const tall = Math.round(clamp(each * 0.62, 190, 300)) + 34;
      map.layout(each, tall, WINDOW);
      chart.layout(each, tall, [[0, STEPS], [0, 1.1]]);
      const [cx, cy] = map.place([0, 0]);
      rings.replaceChildren(...Array.from({ length: 9 }, (_, k) => {
        const [x, y] = map.place(LAMS.map((lam) => (k + 1) / Math.sqrt(lam)));
        return make("svg:ellipse", { cx, cy, rx: x - cx, ry: cy - y });
      }), make("svg:path", { d: `M${cx - 6} ${cy}h12M${cx} ${cy - 6}v12`, stroke: "var(--ink)", "stroke-width": 2 }));
      told.style.minHeight = each < 340 ? "7.5em" : "6em";
    },
    draw({ dialect, other, eta, beta, schedule, factor, when: change1 }) {
      const scales = factors(schedule, factor, change1);
      const go = (/** @type {string} */ name, size = eta, grad = ravine, start = START) => walk(name, rateIn(name, dialect, size, beta), beta, scales, grad, start);
      const pair = [dialect, other];
      const walks = pair.map((name) => go(name));
      const apart = gap(walks[0], walks[1]);
      when.draw(schedule);
      menus.forEach((menu, n) => { menu.value = pair[n]; });
      walks.forEach((w, n) => {
        paths[n].draw(w, map);
        // On this slope η is but a factor: with 1 − β for it, the full step is 1.
        const way = go(pair[n], rateIn(dialect, "D2L", 1 - beta, beta), slope, [0]);
        lengths[n].draw(scales.map((_, t) => [t + 1, way[t][0] - way[t + 1][0]]), chart);
      });
      set(rungs, { d: walks[0].flatMap((p, t) => [p, walks[1][t]]).map((p, k) => (k % 2 ? "L" : "M") + map.place(p.map((v) => clamp(v, -9, 9))).join(" ")).join("") });
      wanted.draw(scales.flatMap((s, t) => [[t + 0.5, s], [t + 1.5, s]]), chart);
      step[1] = schedule === "warmup" ? 0 : 0.05;
      set(corner.node, { visibility: schedule === "constant" ? "hidden" : "visible" });
      corner.place(chart.place([change1 + 0.5, step[1] ? factor : 1]), [[1, STEPS - 1], [0, 1]]);
      after(told, () => {
        live.draw([num(apart.largest), apart.largest ? `${apart.step}` : "–"]);
        list.draw(ALL.map((name) => {
          const [place, rate, momentum] = DIALECTS[name];
          const mark = pair.map((own, n) => (own === name ? ["A: ", "B: "][n] : "")).join("");
          const more = name === "Dampened" ? `, dampening=${num(beta)}` : "";
          return [mark + word(name), `${rate}=${num(rateIn(name, dialect, eta, beta), { maximumSignificantDigits: 4 })}, ${momentum}=${num(beta)}${more}`, word(place), num(gap(walks[0], go(name)).largest)];
        }));
        const inner = pair.map((name) => DIALECTS[name][0] === "inside");
        const kind = dialect === other ? "choose" : !eta ? "still"
          : apart.largest ? (pair.includes("Dampened") ? "dampened" : "part")
            : !beta ? "forgets" : inner[0] === inner[1] && schedule !== "constant" ? "alike" : "one";
        write(told, word(kind, { a: word(pair[inner[0] ? 1 : 0]), b: word(pair[inner[0] ? 0 : 1]), n: apart.first, beta: num(beta), times: num(1 / (1 - beta)), held: word(DIALECTS[dialect][0]) }));
        say(`${told.textContent} ${word("largest")}: ${num(apart.largest)}`);
      });
    },
  };
}

const render = explorable({ state, mount });

export default { render };
