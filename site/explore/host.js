// The host of explorables in a page of the book: it reads the widget state that the page carries,
// draws the few widgets which we use as native controls, joins linked traits, and mounts the
// figures that registered themselves on globalThis.momentumExplorables. A classic script without
// dependencies, eval or Blob URLs; it runs from http and from a file. Where it cannot help, the
// static figure stays.
(() => {
  "use strict";

  const TYPE = "application/vnd.jupyter.widget-";
  const CSS = `
.mm-explorable{position:relative}
@media screen{.mm-explorable[data-live] .mm-static{display:none}}
@media print{.mm-live{display:none!important}}
.mm-live{text-align:start}
.mm-hbox{display:flex;flex-wrap:wrap;gap:0 2rem}
.mm-hbox>*{flex:1 1 15rem;min-width:0}
.mm-slider{display:flex;flex-wrap:wrap;align-items:center;gap:0 .75rem;font-size:.875rem}
.mm-slider label{flex:none;margin:0}
.mm-slider .mm-value{flex:none;width:4em;height:44px;padding:0 .125rem;text-align:end;font:inherit;font-variant-numeric:tabular-nums;color:inherit;background:none;border:0;border-radius:6px;text-decoration:underline dotted var(--mm-grid,GrayText);text-underline-offset:4px}
.mm-slider .mm-value:hover{text-decoration-color:currentColor}
.mm-slider .mm-value:focus-visible{outline:2px solid var(--mm-accent,Highlight);outline-offset:-6px;text-decoration:none}
.mm-slider [type=range]{flex:1 1 5rem;min-width:5rem;height:44px;margin:0;background:none;appearance:none;-webkit-appearance:none;cursor:pointer;touch-action:pan-y;border-radius:6px;--track:var(--mm-grid,GrayText);--thumb:var(--mm-ink,CanvasText)}
.mm-slider [type=range]::-webkit-slider-runnable-track{height:4px;border-radius:2px;background:var(--track)}
.mm-slider [type=range]::-moz-range-track{height:4px;border-radius:2px;background:var(--track)}
.mm-slider [type=range]::-webkit-slider-thumb{-webkit-appearance:none;width:18px;height:18px;margin-top:-7px;border:0;border-radius:50%;background:var(--thumb)}
.mm-slider [type=range]::-moz-range-thumb{width:18px;height:18px;border:0;border-radius:50%;background:var(--thumb)}
.mm-slider [type=range]:focus-visible{outline:2px solid var(--mm-accent,Highlight);outline-offset:-6px}
@media (min-width:38rem){
.mm-hbox:has(>:nth-child(3))>*{flex-basis:11rem}
.mm-hbox:has(>:nth-child(3)) .mm-slider{flex-wrap:wrap;gap:0 .5rem}
.mm-hbox:has(>:nth-child(3)) label{flex:1}
.mm-hbox:has(>:nth-child(3)) [type=range]{order:1;flex-basis:100%;margin-top:-10px}
.mm-hbox:has(>:nth-child(3)) .mm-value{margin-inline-end:-.25rem}
}
@media (forced-colors:active){.mm-slider [type=range]{--track:GrayText;--thumb:ButtonText;forced-color-adjust:none}}
.mm-link{font-size:.8125rem;text-align:end}
.mm-link button{font:inherit;color:var(--mm-muted,inherit);background:none;border:0;min-height:44px;padding:0 .25rem;cursor:pointer;text-decoration:underline;text-underline-offset:3px}
.mm-link button:focus-visible{outline:2px solid var(--mm-accent,Highlight)}
`;

  const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
  const reference = (text) => (typeof text === "string" && text.startsWith("IPY_MODEL_") ? text.slice(10) : null);

  /** A widget's state with the interface that anywidget's front-end modules expect. */
  class Model {
    constructor(entry) {
      this.kind = entry.model_name;
      this.state = { ...entry.state };
      this.listeners = new Map();
    }
    get(key) { return this.state[key]; }
    set(key, value) {
      if (typeof key === "object") return Object.entries(key).forEach(([k, v]) => this.set(k, v));
      // Equal values make no event: this is also what ends the ping-pong of two linked traits.
      if (same(this.state[key], value)) return;
      this.state[key] = value;
      this.emit(`change:${key}`, value);
      this.emit("change");
    }
    save_changes() {}
    send() {}
    on(names, callback) {
      for (const name of names.split(" ")) this.listeners.set(name, [...(this.listeners.get(name) ?? []), callback]);
    }
    off(names, callback) {
      if (!names) return this.listeners.clear();
      for (const name of names.split(" ")) {
        this.listeners.set(name, (this.listeners.get(name) ?? []).filter((known) => callback && known !== callback));
      }
    }
    emit(name, ...details) { for (const callback of this.listeners.get(name) ?? []) callback(...details); }
  }

  /** Keep one trait equal to another, in both directions or in one. */
  function join(link, models) {
    const [from, to] = ["source", "target"].map((end) => {
      const [id, key] = link.get(end);
      return { model: models.get(reference(id)), key };
    });
    if (!from.model || !to.model) return;
    const copy = (a, b) => () => b.model.set(b.key, a.model.get(a.key));
    from.model.on(`change:${from.key}`, copy(from, to));
    if (link.kind === "LinkModel") to.model.on(`change:${to.key}`, copy(to, from));
    copy(from, to)();
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** The part of d3's number formats which sliders use: .2f, .4 (without trailing zeros) and d. */
  function format(value, spec) {
    const [, digits, type] = /^\.?(\d*)([a-z]?)$/.exec(spec ?? "") ?? [];
    const text = type === "d" ? value.toFixed(0) : type === "f" ? value.toFixed(+digits) : String(Number(value.toPrecision(+digits || 6)));
    return text.replaceAll("-", "−");
  }

  let count = 0;

  function slider(model) {
    const whole = model.kind === "IntSliderModel";
    const log = model.kind === "FloatLogSliderModel";
    const base = model.get("base") ?? 10;
    const [low, high] = [model.get("min"), model.get("max")];
    const step = model.get("step") || (whole ? 1 : 0.1);
    const inward = (value) => (log ? Math.log(value) / Math.log(base) : value);
    const snap = (v) => Math.min(high, Math.max(low, Number((low + Math.round((v - low) / step) * step).toPrecision(12))));
    const commit = (v) => { model.set("value", log ? base ** v : v); model.save_changes(); };
    const id = `mm-slider-${++count}`;
    // step="any", for a preset such as 0.4762 lies between two steps and must be shown as it is.
    const input = make("input", { type: "range", id, min: low, max: high, step: "any" });
    // A number can be typed, too, and finer than the slider's steps.
    const box = model.get("readout") === false ? null
      : make("input", { type: "text", inputmode: "decimal", class: "mm-value", autocomplete: "off", "aria-label": model.get("description") });
    const typed = () => {
      const v = Number(box.value.trim().replace(",", ".").replace("−", "-"));
      if (box.value.trim() && Number.isFinite(v)) {
        const [a, b] = log ? [base ** low, base ** high] : [low, high];
        model.set("value", Math.min(b, Math.max(a, whole ? Math.round(v) : v)));
        model.save_changes();
      }
      show();
    };
    box?.addEventListener("change", typed);
    box?.addEventListener("keydown", (event) => {
      if (event.key === "Escape") show();
    });
    input.addEventListener("input", () => commit(snap(input.valueAsNumber)));
    input.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      commit(snap(inward(model.get("value")) + way * step * (event.shiftKey ? 10 : 1)));
    });
    const show = () => {
      const value = model.get("value");
      const text = format(value, model.get("readout_format"));
      input.value = inward(value);
      if (input.getAttribute("aria-valuetext") !== text) input.setAttribute("aria-valuetext", text);
      if (box && box.value !== text) box.value = text;
    };
    model.on("change:value", show);
    show();
    const row = make("div", { class: "mm-slider" }, make("label", { for: id }, model.get("description")), input);
    if (box) row.append(box);
    return row;
  }

  /** Build the view of a widget; what it cannot build is an error, and the static figure stays. */
  function build(id, models, figures) {
    const model = models.get(id);
    if (!model) throw new Error(`the page holds no state for widget ${id}`);
    switch (model.kind) {
      case "VBoxModel":
      case "HBoxModel":
        return make("div", { class: model.kind === "HBoxModel" ? "mm-hbox" : "mm-vbox" },
          ...model.get("children").map((child) => build(reference(child), models, figures)));
      case "FloatSliderModel":
      case "FloatLogSliderModel":
      case "IntSliderModel":
        return slider(model);
      case "AnyModel": {
        const name = model.get("_anywidget_id").split(".").at(-2);
        const entry = globalThis.momentumExplorables?.[name];
        if (!entry) throw new Error(`the script of the explorable ${name} is not loaded`);
        const el = make("div");
        figures.push({ name, model, entry, el });
        return el;
      }
      default:
        throw new Error(`${model.kind} has no static view`);
    }
  }

  /* ---- a setting in the fragment: #ravine:eta=0.6,beta=0.5,start=-5~-2 (the second: #ravine-2:…)
     What a trait may be stands in the module's `state`: [low, high], [low, high, step], or words. */

  const placed = new Map();

  function write({ key, model, entry }) {
    const values = Object.keys(entry.state ?? {}).map((name) => `${name}=${[model.get(name)].flat().join("~")}`);
    return `#${key}:${values.join(",")}`;
  }

  /** Set an explorable to what the fragment says; nonsense in it is passed over. */
  function restore(scroll) {
    const [, key, text] = /^#([a-z][\w-]*):(.+)$/.exec(location.hash) ?? [];
    const figure = placed.get(key);
    if (!figure) return;
    for (const part of text.split(",")) {
      const [name, value = ""] = part.split("=");
      const range = figure.entry.state?.[name];
      if (!range) continue;
      if (typeof range[0] === "string") {
        if (range.includes(value)) figure.model.set(name, value);
        continue;
      }
      const numbers = value.split("~").map((word) => (word.trim() ? Number(word) : NaN));
      const wanted = [figure.model.get(name)].flat().length;
      if (numbers.length !== wanted || !numbers.every(Number.isFinite)) continue;
      const [low, high, step] = range;
      const bounded = numbers.map((v) => Math.min(high, Math.max(low, step ? low + Math.round((v - low) / step) * step : v)));
      figure.model.set(name, Array.isArray(figure.model.get(name)) ? bounded : bounded[0]);
    }
    figure.model.save_changes();
    if (scroll) figure.el.closest(".mm-explorable").scrollIntoView({ block: "nearest" });
  }

  function replace(hash) {
    // A browser may refuse: on file://, or when it thinks there were too many of them.
    try { history.replaceState(history.state, "", hash); } catch { return false; }
    return true;
  }

  const REST = 400; // milliseconds
  let [waiting, changed, latest] = [0, 0, null];
  function remember(figure) {
    [changed, latest] = [performance.now(), figure];
    waiting ||= setTimeout(note, REST);
  }

  /** Write the latest setting into the address, when it rests: one timer for many changes. */
  function note() {
    const left = changed + REST - performance.now();
    waiting = left > 1 ? setTimeout(note, left) : 0;
    // The address of a heading, which the reader asked for, is left alone.
    if (waiting || (location.hash && !placed.has(/^#([\w-]+):/.exec(location.hash)?.[1]))) return;
    replace(write(latest));
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = make("textarea", { readonly: "", style: "position:fixed;opacity:0" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  function linkButton(figure) {
    const words = figure.model.get("labels") ?? {};
    const button = make("button", { type: "button" }, words["explore.copy_link"] ?? "link");
    const said = make("span", { role: "status" });
    button.addEventListener("click", async () => {
      const address = location.href.split("#")[0] + write(figure);
      const shown = replace(address);
      const copied = await copy(address);
      said.textContent = copied ? words["explore.copied"] : shown ? words["explore.copy_failed"] : address;
      setTimeout(() => { said.textContent = ""; }, 4000);
    });
    return make("div", { class: "mm-link" }, said, " ", button);
  }

  function show(script, models) {
    const figures = [];
    const live = make("div", { class: "mm-live" });
    let box = script.closest(".mm-explorable");
    if (box?.hasAttribute("data-live")) return;
    try {
      live.append(build(JSON.parse(script.textContent).model_id, models, figures));
      if (!box) {
        // A widget that stands on its own: a slider in an ordinary cell, say.
        box = make("div", { class: "mm-explorable" });
        script.replaceWith(box);
      }
      box.insertBefore(live, box.querySelector(":scope > .mm-static"));
      for (const figure of figures) {
        figure.entry.render({ model: figure.model, el: figure.el });
        if (figure.entry.state) live.append(linkButton(figure));
      }
      box.setAttribute("data-live", "");
    } catch (error) {
      live.remove();
      console.warn("An explorable stays a still picture:", error);
      return;
    }
    for (const figure of figures) {
      let n = 1;
      while (placed.has(n > 1 ? `${figure.name}-${n}` : figure.name)) n++;
      figure.key = n > 1 ? `${figure.name}-${n}` : figure.name;
      placed.set(figure.key, figure);
      for (const name of Object.keys(figure.entry.state ?? {})) figure.model.on(`change:${name}`, () => remember(figure));
    }
  }

  let begun = false;
  function start() {
    if (begun) return;
    begun = true;
    const models = new Map();
    for (const script of document.querySelectorAll(`script[type="${TYPE}state+json"]`)) {
      try {
        for (const [id, entry] of Object.entries(JSON.parse(script.textContent).state)) models.set(id, new Model(entry));
      } catch (error) {
        console.warn("The widget state of this page cannot be read:", error);
      }
    }
    if (!models.size) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    for (const model of models.values()) if (/^(Directional)?LinkModel$/.test(model.kind)) join(model, models);
    for (const script of document.querySelectorAll(`script[type="${TYPE}view+json"]`)) show(script, models);
    restore(true);
    addEventListener("hashchange", () => restore(true));
  }

  // This script and those of the figures are deferred: all have run when the document is ready.
  if (document.readyState === "complete") start();
  else addEventListener("DOMContentLoaded", start);
})();
