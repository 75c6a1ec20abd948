// The fault picker: every fault of the table, with search and parameters.

import { button, field, fill, h, text, uniqueId } from "./dom.js";
import { flow, plural } from "./format.js";

/** Format a fault as a scenario file writes it: its name, or its name with parameters. */
export function formatFault(fault) {
  return typeof fault === "string" ? fault : flow(fault).slice(1, -1);
}

/** A searchable list of all faults; `choose(fault)` is called with the fault for the next answer. */
export class FaultPicker {
  constructor(app, choose) {
    this.app = app;
    this.choose = choose;
    this.search = h("input", { type: "search", placeholder: "gzip, tool, retry-after…", oninput: () => this.draw() });
    this.summary = h("p.soft", { role: "status" });
    this.list = h("ul.faults");
    this.element = h(
      "details.picker",
      { ontoggle: () => this.draw() },
      h("summary", {}, "All faults"),
      field("Search faults", this.search),
      this.summary,
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
    const matches = this.app.store.get("faults").filter((fault) => {
      const hay = `${fault.name} ${fault.name.replaceAll("_", " ")} ${fault.group} ${fault.about}`.toLowerCase();
      return words.every((word) => hay.includes(word));
    });
    text(this.summary, matches.length ? plural(matches.length, "fault") : "No matching faults.");
    fill(this.list, ...matches.map((fault) => this.row(fault)));
  }

  row(fault) {
    const words = formatFault(fault.example);
    const next = button("Queue", () => this.choose(fault.example), {
      className: "small",
      "aria-label": `Queue ${words}`,
    });
    const form = fault.parameters.length ? this.form(fault) : null;
    return h(
      "li",
      {},
      h("div.line", {}, h("b", {}, fault.name), h("span.soft", {}, fault.group), next),
      h("p", {}, fault.about, " ", words === fault.name ? null : h("code", {}, words)),
      form ? h("details", {}, h("summary", {}, "Set parameters"), form) : null,
    );
  }

  form(fault) {
    const example = exampleOf(fault);
    const inputs = fault.parameters.map(({ name, about, default: placeholder }) => {
      const input = h("input", { type: "text", value: name in example ? format(example[name]) : "", placeholder });
      const hint = h("span.soft.hint", { id: uniqueId("hint") }, about);
      input.setAttribute("aria-describedby", hint.id);
      return { name, input, row: h("div", {}, field(name, input), hint) };
    });
    const submit = (event) => {
      event.preventDefault();
      const values = inputs
        .filter(({ input }) => input.value.trim() !== "")
        .map(({ name, input }) => [name, parse(input.value.trim())]);
      this.choose(values.length ? { [fault.name]: Object.fromEntries(values) } : fault.name);
    };
    return h("form.parameters", { onsubmit: submit }, ...inputs.map(({ row }) => row), h("button", {}, "Queue"));
  }
}

/** Return the parameters that the example sets; a bare value belongs to the main parameter. */
function exampleOf({ name, example: words, parameters }) {
  if (typeof words === "string") return {};
  const example = words[name];
  if (example !== null && typeof example === "object" && !Array.isArray(example)) return example;
  const main = parameters.find((parameter) => parameter.main) || parameters[0];
  return { [main.name]: example };
}

function format(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Parse an input's value as JSON (3, true, null, {"a": 1}); return the text itself if it is not JSON. */
function parse(value) {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
