// Making elements. Texts are set as text only: nothing here, or anywhere in the page, parses HTML.

/** An element: h("p.soft", {id: "x", onclick: f}, "text", other). Null children are left out. */
export function h(name, props = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  set(element, props);
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; attributes only. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  append(element, children);
  return element;
}

/** Set properties: `on…` listens, `data` is the dataset, what has a dash (or is a role) is an attribute. */
export function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.includes("-") || ATTRIBUTES.has(name)) attribute(element, name, value);
    else element[name] = value;
  }
}

const ATTRIBUTES = new Set(["role", "for", "list", "form"]);

function attribute(element, name, value) {
  if (value === null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "true" : value);
}

function append(element, children) {
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Put these in the place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Set a text only where it has changed: most of a list does not. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Give an element one class or take it away. */
export function mark(element, name, on) {
  element.classList.toggle(name, Boolean(on));
}

let made = 0;

/** An id that no other element has. */
export function fresh(prefix) {
  made += 1;
  return `${prefix}-${made}`;
}

/** A button. */
export function button(label, onclick, props = {}) {
  return h("button", { type: "button", onclick, ...props }, label);
}

/** A labelled field: the label's text, then the control. */
export function field(label, control, props = {}) {
  control.id ||= fresh("field");
  return h("div.field", props, h("label", { for: control.id }, label), control);
}

/** A select of [value, label] pairs; what is selected stays so if it can. */
export function options(select, pairs, chosen = select.value) {
  const same =
    select.options.length === pairs.length &&
    pairs.every(([value, label], n) => select.options[n].value === value && select.options[n].text === label);
  if (!same) fill(select, ...pairs.map(([value, label]) => h("option", { value }, label)));
  if (select.value !== chosen) select.value = chosen;
}
