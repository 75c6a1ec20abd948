// Helpers that create and update elements. They set text as text: nothing in the page ever parses HTML.

/** Create an element: h("p.soft", {id: "x", onclick: f}, "text", child). Null children are left out. */
export function h(name, props = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  set(element, props);
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Create an SVG element; `attributes` are set as attributes, functions become listeners. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  append(element, children);
  return element;
}

/** Set properties: `on…` adds a listener, `data` extends the dataset, dashed names and ATTRIBUTES are attributes. */
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

/** Replace an element's children. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Set an element's text if it differs; avoids needless DOM writes in long lists. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Add a class to an element, or remove it. */
export function mark(element, name, on) {
  element.classList.toggle(name, Boolean(on));
}

let idCount = 0;

/** Return an id that no other element has. */
export function uniqueId(prefix) {
  idCount += 1;
  return `${prefix}-${idCount}`;
}

/** Create a button. */
export function button(label, onclick, props = {}) {
  return h("button", { type: "button", onclick, ...props }, label);
}

/** Create a labelled field: the label's text, then the control. */
export function field(label, control, props = {}) {
  control.id ||= uniqueId("field");
  return h("div.field", props, h("label", { for: control.id }, label), control);
}

/** Set a select's [value, label] pairs; the selection stays if it is still available. */
export function options(select, pairs, chosen = select.value) {
  const same =
    select.options.length === pairs.length &&
    pairs.every(([value, label], n) => select.options[n].value === value && select.options[n].text === label);
  if (!same) fill(select, ...pairs.map(([value, label]) => h("option", { value }, label)));
  if (select.value !== chosen) select.value = chosen;
}
