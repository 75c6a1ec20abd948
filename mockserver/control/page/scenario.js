// The "Scenario" section: choose a scenario; view, edit and play its YAML.

import { get, patch, post, put, remove, segment } from "./api.js";
import { button, field, fill, h, options, text } from "./dom.js";
import { Editor } from "./editor.js";
import { visible } from "./format.js";
import { attempt, target, targetName, targetSession } from "./target.js";

const NONE = "none"; // the API's name for playing no scenario
const NO_SCENARIO = "none (default answers)";
const NEW = `scenario: mine
about: One sentence that says what it shows.
turns:
  - reply: Hello from my scenario.
  - error: {status: 429, retry_after: 2}
  - reply: Back to normal.
    times: always
`;

/** Fill the section. */
export function mountScenario(app, place) {
  new ScenarioSection(app, place);
}

class ScenarioSection {
  constructor(app, place) {
    this.app = app;
    this.loaded = ""; // the name of the scenario in the editor
    this.original = "";
    this.name = null; // the scenario's name according to the YAML
    this.select = h("select", { onchange: () => this.choose(this.select.value) });
    this.about = h("p.soft");
    this.editor = new Editor({
      label: "Scenario YAML",
      lint: (yaml) => this.lint(yaml),
      changed: () => this.drawState(),
    });
    this.play = button("Play", () => this.playEdited(), { className: "primary" });
    this.undo = button("Undo changes", () => (this.editor.value = this.original));
    this.discardButton = button("Discard this version", () => this.discard());
    this.newButton = button("New scenario", () => this.open("", NEW));
    this.state = h("p.soft", { role: "status" });
    this.details = h(
      "details.yaml",
      { ontoggle: () => this.details.open && this.isPristine() && this.read(this.playing()) },
      h("summary", {}, "YAML"),
      this.editor.element,
      h("div.buttons", {}, this.play, this.undo, this.discardButton, this.newButton),
      this.state,
    );
    this.editor.setInitial(NEW); // so that typing starts from the template, even before anything is loaded
    fill(place, h("h3", {}, "Scenario"), field("Scenario", this.select), this.about, this.details);
    app.store.watch(["scenarios", "sessions", "defaults", "route"], () => this.draw());
  }

  async lint(yaml) {
    const result = await post("lint", { yaml });
    this.name = result.name;
    return result;
  }

  get scenarios() {
    return this.app.store.get("scenarios");
  }

  /** Return the choice for the target: a name, "none", or "" if nothing was chosen. */
  chosen() {
    const choices = target(this.app) ? targetSession(this.app) : this.app.store.get("defaults");
    return choices?.scenario || "";
  }

  /** Return the name of the scenario that plays when the request names none; "" for none. */
  playing() {
    const name = this.chosen() || this.app.store.get("defaults")?.scenario || "";
    return name === NONE ? "" : name;
  }

  draw() {
    const names = this.scenarios.map(({ name, origin }) => [name, origin === "shipped" ? name : `${name} (${origin})`]);
    const inherited = this.app.store.get("defaults")?.scenario;
    const first = target(this.app)
      ? [
          ["", `inherit (${inherited || "none"})`],
          [NONE, NO_SCENARIO],
        ]
      : [["", NO_SCENARIO]];
    const taken = new Set(names.map(([name]) => name));
    const pairs = [...first.filter(([value]) => value === "" || !taken.has(value)), ...names];
    const chosen = !target(this.app) && this.chosen() === NONE ? "" : this.chosen();
    if (chosen && !pairs.some(([value]) => value === chosen)) pairs.push([chosen, `${chosen} (not loaded)`]);
    options(this.select, pairs, chosen);
    const known = this.scenarios.find(({ name }) => name === this.playing());
    text(
      this.about,
      known
        ? visible(known.about || "")
        : "Default answers: a short text, or a call of the tool that tool_choice forces.",
    );
    if (this.details.open && this.loaded !== this.playing() && !this.isChanged()) this.read(this.playing());
    this.drawState();
  }

  /** Return whether the editor still holds the template. */
  isPristine() {
    return !this.loaded && (this.editor.value === NEW || !this.editor.value);
  }

  isChanged() {
    return this.editor.value !== this.original;
  }

  drawState() {
    const bad = this.editor.problems.length > 0;
    const empty = !this.editor.value.trim();
    const known = this.scenarios.find(({ name }) => name === this.name);
    this.play.disabled = bad || empty;
    this.undo.hidden = !this.isChanged() || !this.original;
    this.discardButton.hidden = known?.origin !== "memory";
    const where = `for ${targetName(this.app)}`;
    text(this.play, `Play ${where}`);
    if (bad) text(this.state, "Fix the problems to play it.");
    else if (this.isChanged() && !empty)
      text(this.state, "Not played yet. Playing keeps it in memory and writes no file.");
    else text(this.state, known?.origin === "memory" ? "In memory only: lost when the mock stops." : "");
  }

  async choose(name) {
    const changes = { scenario: name || null };
    const id = target(this.app);
    const act = () => (id ? patch(`sessions/${segment(id)}`, changes) : patch("defaults", changes));
    await attempt(this.app, act, `Playing ${name || "no scenario"} for ${targetName(this.app)}`);
    await this.app.refresh(id ? "sessions" : "defaults");
    if (this.details.open && !this.isChanged()) this.read(this.playing());
  }

  async read(name) {
    if (!name) return this.open("", this.editor.value || NEW);
    return attempt(this.app, async () => {
      const before = this.editor.value;
      const { yaml } = await get(`scenarios/${segment(name)}`);
      if (this.editor.value === before) this.open(name, yaml); // else the user has started typing meanwhile
    });
  }

  open(name, yaml) {
    this.loaded = name;
    this.original = name ? yaml : "";
    this.name = name || null;
    this.editor.value = yaml;
    this.details.open = true;
    this.drawState();
  }

  /** Save the editor's text in memory under the scenario's own name, and play it. */
  async playEdited() {
    await this.editor.check();
    if (this.editor.problems.length) return;
    const yaml = this.editor.value;
    const name = this.name || /^scenario:\s*(\S+)/m.exec(yaml)?.[1];
    try {
      await put(`scenarios/${segment(name)}`, { yaml });
    } catch (error) {
      if (error.problems?.length) this.editor.show(error.problems);
      this.app.announce(error.message, "bad");
      return;
    }
    this.loaded = name;
    this.original = yaml;
    await this.app.refresh("scenarios");
    await this.choose(name);
    this.drawState();
  }

  async discard() {
    const { name } = this;
    const isDone = await attempt(
      this.app,
      () => remove(`scenarios/${segment(name)}`),
      `Discarded the version of ${name} in memory`,
    );
    if (!isDone) return;
    await this.app.refresh("scenarios");
    const hasFile = this.scenarios.some((scenario) => scenario.name === name);
    if (hasFile) await this.read(name);
    else this.open("", this.editor.value);
  }
}
