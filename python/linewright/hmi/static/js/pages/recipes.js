// The recipe gate: what a recipe will make before it is coated, and what a person does with the verdict.

import { act } from "/static/js/act.js";
import { get, newKey, post } from "/static/js/api.js";
import { h, mark, say, setText } from "/static/js/dom.js";
import { digits, words } from "/static/js/format.js";
import { histogram } from "/static/js/histogram.js";

const VERDICTS = {
  release: "✓ RELEASE",
  block: "✕ BLOCK",
  refuse: "? REFUSE: outside the range the twin is valid in",
  unreadable: "! UNREADABLE",
};

function reasons(title, items) {
  const list = [items ?? []].flat();
  return list.length ? h("section", {}, h("h2", {}, title), h("ul", {}, list.map((r) => h("li", {}, r.says ?? r)))) : null;
}

function chances(list) {
  if (!list?.length) return null;
  return h(
    "table",
    {},
    h("caption", {}, "Chance to be in tolerance"),
    h("thead", {}, h("tr", {}, ["Quality", "Chance", "Required", "Holds"].map((n) => h("th", { scope: "col" }, n)))),
    h("tbody", {}, list.map((c) => {
      const chance = c.chance ?? c.probability;
      return h("tr", {}, h("th", { scope: "row" }, words(c.name)), h("td", { class: "n" }, `${digits(100 * chance)}\u202f%`), h("td", { class: "n" }, `${digits(100 * c.required)}\u202f%`), h("td", {}, chance >= c.required ? "✓ yes" : "✕ no"));
    })),
  );
}

export function recipesPage(main) {
  const choice = h("select", { id: "recipe-choice" }, h("option", { value: "" }, "none: paste one below"));
  const text = h("textarea", { id: "recipe-text", rows: 22, spellcheck: "false" });
  const judge = h("button", { type: "button" }, "Judge");
  const release = h("button", { type: "button", disabled: true }, "Release order…");
  const block = h("button", { type: "button", disabled: true }, "Block order…");
  const running = h("p", { class: "muted" });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const answer = h("div", { "aria-live": "polite" }, h("p", { class: "muted" }, "No recipe was judged yet."));
  const state = { recipes: [], verdict: null, judged: "" };
  main.append(
    h("h1", {}, "Recipe gate"),
    error,
    h("div", { class: "columns" },
      h("section", { class: "panel", "aria-labelledby": "recipe" },
        h("h2", { id: "recipe" }, "Recipe"), running,
        h("label", { for: "recipe-choice" }, "Recipe of this line", choice),
        h("label", { for: "recipe-text" }, "Recipe file (TOML)", text),
        h("div", { class: "tabs" }, judge, release, block)),
      h("section", { class: "panel", "aria-labelledby": "verdict" }, h("h2", { id: "verdict" }, "Verdict"), answer)),
  );

  const stale = () => {
    const usable = state.verdict !== null && state.judged === text.value;
    mark(release, "disabled", !(usable && state.verdict.verdict === "release"));
    mark(block, "disabled", !usable);
  };

  const show = (verdict) => {
    state.verdict = verdict;
    const title = VERDICTS[verdict.verdict] ?? String(verdict.verdict).toUpperCase();
    answer.replaceChildren(
      h("div", { class: "verdict", "data-verdict": verdict.verdict }, title),
      ...[
        verdict.recipe && h("p", { class: "muted" }, `Recipe ${verdict.recipe}${verdict.recipe_hash ? `, hash ${verdict.recipe_hash.slice(0, 12)}` : ""}`),
        reasons("Reasons", verdict.reasons),
        reasons("What would mend it", verdict.levers),
        chances(verdict.chances),
        verdict.distributions?.length ? h("div", { class: "plots" }, verdict.distributions.map((d) => histogram(d))) : null,
      ].filter(Boolean),
    );
    stale();
    say(title);
  };

  const ask = async () => {
    judge.disabled = true;
    error.hidden = true;
    const asked = text.value;
    try {
      const verdict = await post("/api/gate", { toml: asked });
      state.judged = asked;
      show(verdict);
    } catch (refused) {
      setText(error, refused.message);
      error.hidden = false;
    } finally {
      judge.disabled = false;
    }
  };

  const order = (what, title) => () =>
    act({
      title: `${title} of recipe ${state.verdict.recipe ?? ""}`,
      action: "order",
      fixed: { what, recipe: state.verdict.recipe ?? "", verdict: state.verdict.verdict },
      fields: [
        { name: "order", label: "Order number", value: newKey().slice(0, 6) },
        { name: "machine", label: "Machine", value: "coater" },
      ],
    });

  choice.addEventListener("change", () => {
    text.value = state.recipes.find((r) => r.name === choice.value)?.toml ?? text.value;
    stale();
  });
  text.addEventListener("input", stale);
  judge.addEventListener("click", ask);
  release.addEventListener("click", order("received", "Release order"));
  block.addEventListener("click", order("rejected", "Block order"));
  get("/api/recipes")
    .then((answered) => {
      state.recipes = answered.recipes ?? [];
      choice.append(...state.recipes.map((r) => h("option", { value: r.name }, r.name)));
      setText(running, answered.running ? `Runs now: ${answered.running}` : "No recipe is stated to run.");
    })
    .catch((refused) => {
      setText(error, refused.message);
      error.hidden = false;
    });
  return {};
}
