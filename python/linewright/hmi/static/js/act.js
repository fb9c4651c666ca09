// Acting: who is logged in, and the two steps of everything that changes something.

import { get, newKey, post } from "/static/js/api.js";
import { h, say, setText } from "/static/js/dom.js";

const RANK = { view: 0, operate: 1, engineer: 2 };

class Person extends EventTarget {
  name = null;
  role = "view";

  async ask() {
    try {
      this.#be(await get("/api/me"));
    } catch {
      this.#be(null);
    }
  }

  #be(me) {
    this.name = me?.name ?? null;
    this.role = me?.role ?? "view";
    this.dispatchEvent(new Event("change"));
  }

  may(role) {
    return this.name !== null && RANK[this.role] >= RANK[role];
  }

  async login(name, password) {
    await post("/api/login", { name, password });
    await this.ask();
  }

  async logout() {
    await post("/api/logout");
    await this.ask();
  }
}

export const person = new Person();

let drawn = 0;

export function dialog(title, ...children) {
  drawn += 1;
  const heading = h("h2", { id: `dialog-title-${drawn}` }, title);
  const box = h("dialog", { "aria-labelledby": heading.id }, heading, children);
  const before = document.activeElement;
  box.addEventListener("close", () => {
    box.remove();
    before?.focus?.();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

export function loginDialog(why = "") {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const name = h("input", { name: "name", autocomplete: "username", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const form = h(
    "form",
    {},
    why && h("p", {}, why),
    h("label", {}, "Name", name),
    h("label", {}, "Password", password),
    error,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => box.close() }, "Cancel"), h("button", { type: "submit" }, "Log in")),
  );
  const box = dialog("Log in", form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await person.login(name.value, password.value);
      box.close();
      say(`Logged in as ${person.name}, role ${person.role}`);
    } catch (refused) {
      setText(error, refused.message);
      error.hidden = false;
      password.value = "";
      password.focus();
    }
  });
}

// One input of the first step: {name, label, type, value, required, options, step, min, max}.
function field(spec) {
  const id = `act-${spec.name}`;
  const shared = { id, name: spec.name, required: spec.required !== false };
  const input = spec.options
    ? h("select", shared, spec.options.map(([value, text]) => h("option", { value }, text)))
    : h("input", { ...shared, type: spec.type ?? "text", step: spec.type === "number" ? (spec.step ?? "any") : null, min: spec.min, max: spec.max, value: spec.value });
  return h("label", { for: id }, spec.label, input);
}

// Two steps. First what is to be done, with `fields`; the server says in words what will happen.
// Then, and only then, the person confirms. `role` is what the server will ask for.
export function act({ title, role = "operate", action, fixed = {}, fields = [], expected = null, done = () => {} }) {
  if (!person.may(role)) {
    loginDialog(`"${title}" needs the role ${role}${person.name ? `; ${person.name} has the role ${person.role}` : ""}.`);
    return;
  }
  const key = newKey();
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const next = h("button", { type: "submit" }, "Next: check");
  const form = h(
    "form",
    { "data-step": "1" },
    h("p", { class: "muted" }, "Step 1 of 2. Nothing changes yet."),
    fields.map(field),
    error,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => box.close() }, "Cancel"), next),
  );
  const box = dialog(title, form);
  const fail = (refused) => {
    setText(error, refused.message);
    error.hidden = false;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    next.disabled = true;
    error.hidden = true;
    try {
      const asked = await post("/api/act", { key, action, ...fixed, ...read(form, fields), expected });
      form.replaceWith(second(asked, box, done));
      box.querySelector("button[type=submit]").focus();
    } catch (refused) {
      fail(refused);
    } finally {
      next.disabled = false;
    }
  });
}

function read(form, fields) {
  return Object.fromEntries(
    fields.map((spec) => {
      const text = form.elements[spec.name].value;
      return [spec.name, spec.type === "number" || spec.number ? Number(text) : text];
    }),
  );
}

function second(asked, box, done) {
  const result = h("p", { class: "error", role: "alert", hidden: true });
  const confirm = h("button", { type: "submit" }, "Confirm");
  const leave = h("button", { type: "button", onclick: () => box.close() }, "Cancel");
  const form = h(
    "form",
    { "data-step": "2" },
    h("p", { class: "muted" }, `Step 2 of 2. To be confirmed within ${Math.floor(asked.expires_s)}\u202fs.`),
    h("p", { class: "says" }, asked.says),
    result,
    h("div", { class: "buttons" }, leave, confirm),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    confirm.disabled = true;
    try {
      const answered = await post("/api/act/confirm", { token: asked.token });
      show(answered.status, answered.reason);
      done(answered);
    } catch (refused) {
      show(refused.status ? "refused" : "no answer", refused.message);
      if (!refused.status) confirm.disabled = false; // lost on the way: the same token acts once
    }
  });
  const show = (status, reason) => {
    const text = reason ? `${status}: ${reason}` : status;
    setText(result, text);
    result.hidden = false;
    result.dataset.status = status;
    setText(leave, "Close");
    leave.focus();
    say(text);
  };
  return form;
}

