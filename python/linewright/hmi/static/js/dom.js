// Elements by name; text only, never markup: what a ledger row says cannot become a tag.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// h("p", {class: "muted"}, "text", element, [more])
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

// Sets or takes away an attribute, and touches the page only when it differs.
export function mark(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Makes the children of `parent` one per item, in order, and keeps those that are there: a
// focused button stays focused. `make(item)` gives a node; `same(item)` a text that changes when
// the node must be made anew.
export function keyed(parent, items, key, make, same = JSON.stringify) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const print = same(item);
    let node = old.get(name);
    old.delete(name);
    if (!node || node.dataset.print !== print) {
      const made = make(item);
      made.dataset.key = name;
      made.dataset.print = print;
      if (node) {
        const focused = node.contains(document.activeElement) ? spot(node, document.activeElement) : null;
        if (at === node) at = made;
        node.replaceWith(made);
        if (focused !== null) made.querySelectorAll(FOCUSABLE)[focused]?.focus();
      }
      node = made;
    }
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
}

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

function spot(node, element) {
  return [...node.querySelectorAll(FOCUSABLE)].indexOf(element);
}

// One word for screen readers, politely.
export function say(text) {
  setText(document.getElementById("say"), text);
}
