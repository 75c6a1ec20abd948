// Scenario: which one plays, and its YAML to read, change and play.

import { get, patch, post, put, remove, segment } from "./api.js";
import { button, field, fill, h, options, text } from "./dom.js";
import { Editor } from "./editor.js";
import { attempt, target, targetName, targetSession } from "./steer.js";
import { visible } from "./words.js";

const NOTHING = "none"; // the name that says: no scenario plays
const NEW = `scenario: mine
about: What it shows, in a sentence.
turns:
  - reply: Hello from my scenario.
  - error: {status: 429, retry_after: 2}
  - reply: And on we go.
    times: always
`;

/** The section. */
export function mountScenario(app, place) {
  new ScenarioSection(app, place);
}

class ScenarioSection {
  constructor(app, place) {
    this.app = app;
    this.loaded = ""; // the name of what was read into the editor
    this.original = "";
    this.name = null; // the name that the YAML gives itself
    this.select = h("select", { onchange: () => this.choose(this.select.value) });
    this.about = h("p.soft");
    this.editor = new Editor({
      label: "Scenario YAML",
      examine: (yaml) => post("lint", { yaml }).then((told) => ((this.name = told.name), told)),
      changed: () => this.drawState(),
    });
    this.play = button("Play", () => this.playEdited(), { className: "primary" });
    this.back = button("Undo changes", () => (this.editor.value = this.original));
    this.forget = button("Forget this version", () => this.forgetEdited());
    this.fresh = button("New scenario", () => this.open("", NEW));
    this.state = h("p.soft", { role: "status" });
    this.details = h(
      "details.yaml",
      { ontoggle: () => this.details.open && this.untouched() && this.read(this.playing()) },
      h("summary", {}, "YAML"),
      this.editor.element,
      h("div.buttons", {}, this.play, this.back, this.forget, this.fresh),
      this.state,
    );
    this.editor.begin(NEW); // before it is opened: whoever writes at once writes into this
    fill(place, h("h3", {}, "Scenario"), field("Plays", this.select), this.about, this.details);
    app.store.watch(["scenarios", "sessions", "defaults", "route"], () => this.draw());
  }

  get scenarios() {
    return this.app.store.get("scenarios");
  }

  /** What was chosen here: a name, "none", or "" for nothing. */
  chosen() {
    const place = target(this.app) ? targetSession(this.app) : this.app.store.get("defaults");
    return place?.scenario || "";
  }

  /** What plays when the caller names none. */
  playing() {
    const name = this.chosen() || this.app.store.get("defaults")?.scenario || "";
    return name === NOTHING ? "" : name;
  }

  draw() {
    const names = this.scenarios.map(({ name, origin }) => [name, origin === "shipped" ? name : `${name} (${origin})`]);
    const usual = this.app.store.get("defaults")?.scenario;
    const first = target(this.app)
      ? [["", `as for all: ${usual || "none, the mock answers by itself"}`], [NOTHING, "none, the mock answers by itself"]]
      : [["", "none, the mock answers by itself"]];
    const shadowed = new Set(names.map(([name]) => name));
    const pairs = [...first.filter(([value]) => value === "" || !shadowed.has(value)), ...names];
    const chosen = !target(this.app) && this.chosen() === NOTHING ? "" : this.chosen();
    if (chosen && !pairs.some(([value]) => value === chosen)) pairs.push([chosen, `${chosen} (not loaded)`]);
    options(this.select, pairs, chosen);
    const known = this.scenarios.find(({ name }) => name === this.playing());
    text(this.about, known ? visible(known.about || "") : "A short text, or the tool that tool_choice forces.");
    if (this.details.open && this.loaded !== this.playing() && !this.dirty()) this.read(this.playing());
    this.drawState();
  }

  /** Whether nobody has written anything yet. */
  untouched() {
    return !this.loaded && (this.editor.value === NEW || !this.editor.value);
  }

  dirty() {
    return this.editor.value !== this.original;
  }

  drawState() {
    const bad = this.editor.problems.length > 0;
    const empty = !this.editor.value.trim();
    const known = this.scenarios.find(({ name }) => name === this.name);
    this.play.disabled = bad || empty;
    this.back.hidden = !this.dirty() || !this.original;
    this.forget.hidden = known?.origin !== "memory";
    const where = `for ${targetName(this.app)}`;
    text(this.play, `Play ${where}`);
    if (bad) text(this.state, "Mend the problems, then play it.");
    else if (this.dirty() && !empty) text(this.state, "Changed, and not yet played. Playing keeps it in memory; no file is written.");
    else text(this.state, known?.origin === "memory" ? "In memory: gone when the mock stops." : "");
  }

  async choose(name) {
    const words = { scenario: name || null };
    const id = target(this.app);
    const act = () => (id ? patch(`sessions/${segment(id)}`, words) : patch("defaults", words));
    await attempt(this.app, act, `${name || "No scenario"} plays for ${targetName(this.app)}`);
    await this.app.refresh(id ? "sessions" : "defaults");
    if (this.details.open && !this.dirty()) this.read(this.playing());
  }

  async read(name) {
    if (!name) return this.open("", this.editor.value || NEW);
    return attempt(this.app, async () => {
      const before = this.editor.value;
      const { yaml } = await get(`scenarios/${segment(name)}`);
      if (this.editor.value === before) this.open(name, yaml); // else somebody has begun to write meanwhile
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

  /** Keep what stands in the editor under the name that it gives itself, and let it play. */
  async playEdited() {
    await this.editor.look();
    if (this.editor.problems.length) return;
    const yaml = this.editor.value;
    const name = this.name || /^scenario:\s*(\S+)/m.exec(yaml)?.[1];
    try {
      await put(`scenarios/${segment(name)}`, { yaml });
    } catch (error) {
      if (error.problems?.length) this.editor.show(error.problems);
      this.app.say(error.message, "bad");
      return;
    }
    this.loaded = name;
    this.original = yaml;
    await this.app.refresh("scenarios");
    await this.choose(name);
    this.drawState();
  }

  async forgetEdited() {
    const { name } = this;
    const done = await attempt(this.app, () => remove(`scenarios/${segment(name)}`), `${name} is as it was before`);
    if (!done) return;
    await this.app.refresh("scenarios");
    const left = this.scenarios.some((one) => one.name === name);
    if (left) await this.read(name);
    else this.open("", this.editor.value);
  }
}
