// Every fault of the table, found by a word, with its parameters.

import { button, field, fill, fresh, h, text } from "./dom.js";
import { count, flow } from "./words.js";

/** A fault as it is written: its name alone, or its name with parameters. */
export function worded(fault) {
  return typeof fault === "string" ? fault : flow(fault).slice(1, -1);
}

/** A search over all faults; `choose(fault)` is told what shall be laid over the next answer. */
export class FaultPicker {
  constructor(app, choose) {
    this.app = app;
    this.choose = choose;
    this.search = h("input", { type: "search", placeholder: "gzip, tool, retry-after…", oninput: () => this.draw() });
    this.told = h("p.soft", { role: "status" });
    this.list = h("ul.faults");
    this.element = h(
      "details.picker",
      { ontoggle: () => this.draw() },
      h("summary", {}, "All faults"),
      field("Search faults", this.search),
      this.told,
      this.list,
    );
    app.store.watch(["faults"], () => {
      text(this.element.querySelector("summary"), `All ${app.store.get("faults").length || ""} faults`);
      this.draw();
    });
  }

  draw() {
    if (!this.element.open) return;
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.app.store.get("faults").filter((fault) => {
      const hay = `${fault.name} ${fault.name.replaceAll("_", " ")} ${fault.group} ${fault.about}`.toLowerCase();
      return words.every((word) => hay.includes(word));
    });
    text(this.told, found.length ? count(found.length, "fault") : "No fault fits these words.");
    fill(this.list, ...found.map((fault) => this.row(fault)));
  }

  row(fault) {
    const words = worded(fault.example);
    const next = button("Next", () => this.choose(fault.example), { className: "small", "aria-label": `Next answer with ${words}` });
    const form = fault.parameters.length ? this.form(fault) : null;
    return h(
      "li",
      {},
      h("div.line", {}, h("b", {}, fault.name), h("span.soft", {}, fault.group), next),
      h("p", {}, fault.about, " ", words === fault.name ? null : h("code", {}, words)),
      form ? h("details", {}, h("summary", {}, "with parameters"), form) : null,
    );
  }

  form(fault) {
    const given = exampleOf(fault);
    const inputs = fault.parameters.map(({ name, about, default: usual }) => {
      const input = h("input", { type: "text", value: name in given ? written(given[name]) : "", placeholder: usual });
      const hint = h("span.soft.hint", { id: fresh("hint") }, about);
      input.setAttribute("aria-describedby", hint.id);
      return { name, input, row: h("div", {}, field(name, input), hint) };
    });
    const submit = (event) => {
      event.preventDefault();
      const said = inputs.filter(({ input }) => input.value.trim() !== "").map(({ name, input }) => [name, read(input.value.trim())]);
      this.choose(said.length ? { [fault.name]: Object.fromEntries(said) } : fault.name);
    };
    return h("form.parameters", { onsubmit: submit }, ...inputs.map(({ row }) => row), h("button", {}, "Next answer"));
  }
}

/** The parameters that the example sets. A bare value is that of the main parameter. */
function exampleOf({ name, example: words, parameters }) {
  if (typeof words === "string") return {};
  const example = words[name];
  if (example !== null && typeof example === "object" && !Array.isArray(example)) return example;
  const main = parameters.find((one) => one.main) || parameters[0];
  return { [main.name]: example };
}

function written(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What was typed, as JSON if it is any: 3, true, null, {"a": 1}; else the text itself. */
function read(value) {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
