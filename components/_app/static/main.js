// The app: its tabs, and what happens between form and answer.

import {renderAnswer, summarise} from "./answer.js";
import {humanise, make} from "./dom.js";
import {Form} from "./form.js";
import {renderModel} from "./model.js";
import {ChangedModel, RefusedRows, Unreachable, request} from "./predictor.js";
import {chooseLanguage, keepLanguage, recall, store, Texts} from "./texts.js";
import {findFlip, LiveAnswer} from "./what_if.js";

// What only some servers have, loaded when its tab is opened first. Each module exports a class:
//   constructor({description, texts, predictor, root}), element, show() when the tab is opened, and hide().
const LATER = {
  batch: async () => (await import("./batch.js")).BatchPanel,
  health: async () => (await import("./health.js")).HealthPanel,
  runs: async () => (await import("./runs.js")).RunsPanel,
};
const RETRY = 1000;
// Screen readers say the answer once the person pauses, not after every change.
const CALM = 700;

/**
 * Show the app.
 *
 * description: what describe_model returns, with the names of the tabs and the way to the app's root.
 * predictor: an object with predict(rows, isExplained), see predictor.js.
 * allTexts: the texts by language.
 * reload: resolves to {description, predictor} of the model that is there now; null if it cannot change.
 */
export function start(description, predictor, allTexts, reload = null) {
  new App(description, predictor, allTexts, reload).render();
}

class App {
  constructor(description, predictor, allTexts, reload) {
    this.allTexts = allTexts;
    this.reload = reload;
    this.texts = new Texts(allTexts, chooseLanguage(Object.keys(allTexts)));
    this.tab = description.tabs[0];
    this.added = {};
    this.use(description, predictor);
  }

  use(description, predictor) {
    this.live?.stop();
    this.description = description;
    this.predictor = predictor;
    this.live = new LiveAnswer(
      predictor,
      (prediction, row) => this.show(prediction, row),
      (error) => this.handle(error),
    );
    this.answered = null;
    this.key = `kfp-tabular:${description.model_name ?? description.target}`;
  }

  /** Build the whole page, with what was typed. */
  render() {
    const {texts, description} = this;
    document.documentElement.lang = texts.language;
    document.title = texts.say("page_title", {target: humanise(description.target)});
    this.form = new Form(description, texts, () => this.refresh());
    this.form.setState(JSON.parse(recall(this.key) ?? "{}"));
    this.notice = make("div", {class: "notice", role: "alert", hidden: true});
    this.answer = make("div", {class: "answer-body"});
    this.stale = make("p", {class: "note", hidden: true}, texts.say("stale"));
    this.spoken = make("p", {class: "hidden", role: "status"});
    this.summary = make("div", {class: "summary", "aria-hidden": "true"});
    this.found = make("div", {class: "found", role: "status"});
    for (const panel of Object.values(this.added)) panel.hide();
    this.added = {};
    if (!description.tabs.includes(this.tab)) [this.tab] = description.tabs;
    this.panels = Object.fromEntries(description.tabs.map((name) => [name, this.makeTabPanel(name)]));
    document.getElementById("app").replaceChildren(
      this.makeHeader(),
      make("main", {}, this.notice, Object.values(this.panels)),
      this.summary,
    );
    this.select(this.tab);
    this.refresh();
  }

  makeHeader() {
    const {texts, description} = this;
    const languages = Object.keys(this.allTexts).map((code) =>
      make("option", {value: code, lang: code, selected: code === texts.language}, this.allTexts[code].language));
    this.tabs = Object.fromEntries(description.tabs.map((name) => [name, make(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `panel-${name}`,
        onclick: () => this.select(name),
        onkeydown: (event) => this.moveTab(event, name),
      },
      texts.say(`tab_${name}`),
    )]));
    return make(
      "header",
      {},
      make("h1", {}, texts.say("page_title", {target: humanise(description.target)})),
      make("div", {role: "tablist", "aria-label": texts.say("tabs")}, Object.values(this.tabs)),
      this.makePicker(),
      this.makeUser(),
      make(
        "select",
        {class: "language", "aria-label": texts.say("choose_language"), onchange: (event) => this.changeLanguage(event.target.value)},
        languages,
      ),
    );
  }

  /** Return who is signed in, which shows itself if a gateway says it. */
  makeUser() {
    const element = make("p", {class: "user", hidden: true});
    const {root} = this.description;
    // Nobody signs in to a page without a server.
    if (root === undefined) return element;
    request(`${root}session.json`).then(({user}) => {
      element.textContent = user ? this.texts.say("signed_in", {user}) : "";
      element.hidden = !user;
    }).catch((error) => console.warn(error));
    return element;
  }

  /** Return the choice of a model, which shows itself if there is more than one. */
  makePicker() {
    const {texts, description} = this;
    const picker = make("select", {class: "picker", "aria-label": texts.say("choose_model"), hidden: true});
    if (!description.has_models) return picker;
    import("./models.js").then(async ({isOpen, listModels, nameModel, openModel}) => {
      const models = await listModels(description.root);
      const opened = models.findIndex((model) => isOpen(description.root, model));
      picker.append(...models.map((model) => make("option", {value: model.name}, nameModel(model))));
      picker.selectedIndex = opened;
      picker.hidden = models.length < 2;
      picker.addEventListener("change", async () => {
        const model = models[picker.selectedIndex];
        this.say("loading_model", {model: model.name});
        try {
          await openModel(description.root, model);
        } catch (error) {
          picker.selectedIndex = opened;
          this.say("model_refused", {model: model.name, message: error.message});
        }
      });
    }).catch((error) => console.warn(error));
    return picker;
  }

  makePanel(name, children) {
    return make("div", {id: `panel-${name}`, role: "tabpanel", "aria-labelledby": `tab-${name}`, class: name}, children);
  }

  makeTabPanel(name) {
    if (name === "predict") return this.makePredictPanel();
    return this.makePanel(name, name === "model" ? renderModel(this.description, this.texts) : []);
  }

  makePredictPanel() {
    const {texts, description} = this;
    const canFlip = description.task !== "regression" && description.columns.some((column) => column.is_actionable);
    this.button = make("button", {type: "button", onclick: () => this.search()}, texts.say("find_flip"));
    return this.makePanel("predict", [
      make(
        "section",
        {class: "inputs", "aria-labelledby": "inputs-title"},
        make("h2", {id: "inputs-title"}, texts.say("inputs")),
        description.purpose && make("p", {class: "hint"}, description.purpose),
        this.form.element,
        make("button", {type: "button", class: "plain", onclick: () => this.resetForm()}, texts.say("usual_values")),
      ),
      make(
        "section",
        {class: "answer", "aria-labelledby": "answer-title"},
        make("h2", {id: "answer-title"}, texts.say("answer")),
        this.stale,
        this.answer,
        this.spoken,
        canFlip && make("div", {class: "flip"}, make("h3", {}, texts.say("flip")), this.button, this.found),
      ),
    ]);
  }

  select(name) {
    if (name !== this.tab) this.added[this.tab]?.hide();
    this.tab = name;
    for (const [other, tab] of Object.entries(this.tabs)) {
      tab.setAttribute("aria-selected", String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      this.panels[other].hidden = other !== name;
    }
    this.summary.hidden = name !== "predict";
    if (name in LATER) this.open(name);
  }

  /** Show a panel whose module is loaded at its first use. */
  async open(name) {
    const place = this.panels[name];
    try {
      const Panel = await LATER[name]();
      // Meanwhile another language, model or tab may have been chosen.
      if (this.panels[name] !== place || this.tab !== name) return;
      if (!(name in this.added)) {
        const {description, texts, predictor} = this;
        this.added[name] = new Panel({description, texts, predictor, root: description.root});
        place.replaceChildren(this.added[name].element);
      }
      this.added[name].show();
    } catch (error) {
      const again = make("button", {type: "button", onclick: () => this.open(name)}, this.texts.say("retry"));
      place.replaceChildren(make("div", {class: "notice", role: "alert"}, make("p", {}, this.texts.say("tab_failed")), again));
      console.warn(error);
    }
  }

  moveTab(event, name) {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const names = Object.keys(this.tabs);
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    this.select(next);
    this.tabs[next].focus();
  }

  changeLanguage(language) {
    keepLanguage(language);
    this.texts = new Texts(this.allTexts, language);
    this.answered = null;
    this.render();
    document.querySelector(".language").focus();
  }

  resetForm() {
    this.form.reset();
    this.refresh();
  }

  /** Keep what is typed, and predict it. */
  refresh() {
    store(this.key, JSON.stringify(this.form.getState()));
    this.found.replaceChildren();
    const {row, isValid} = this.form.read();
    this.row = row;
    if (isValid) {
      this.answer.setAttribute("aria-busy", "true");
      this.live.ask(row);
    } else this.mark(true);
  }

  show(prediction, row) {
    this.answered = {prediction, row};
    if (!this.isNoticeKept) this.notice.hidden = true;
    this.mark(false);
    if (row === this.row) this.answer.removeAttribute("aria-busy");
    this.answer.replaceChildren(...renderAnswer(prediction, row, this.description, this.texts).filter(Boolean));
    const text = summarise(prediction, this.description, this.texts);
    this.summary.textContent = text;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      this.spoken.textContent = text;
    }, CALM);
    performance.mark("kfp-tabular:answer");
  }

  /** Say whether the answer on the page is one for earlier values. */
  mark(isOld) {
    this.answer.classList.toggle("old", isOld);
    this.stale.hidden = !isOld || this.answered === null;
  }

  async handle(error) {
    this.mark(true);
    if (this.reload && (error instanceof ChangedModel || error instanceof RefusedRows)) {
      if (await this.followModel()) return;
    }
    if (error instanceof RefusedRows) {
      this.say("refused", {message: error.message});
      return;
    }
    this.say("unreachable", {}, make("button", {type: "button", onclick: () => this.retry()}, this.texts.say("retry")));
    clearTimeout(this.retrying);
    this.retrying = setTimeout(() => this.retry(), RETRY);
    if (!(error instanceof Unreachable || error instanceof ChangedModel)) throw error;
  }

  retry() {
    clearTimeout(this.retrying);
    this.refresh();
  }

  /** Rebuild the form if another model is there now; return whether it is. */
  async followModel() {
    let loaded;
    try {
      loaded = await this.reload();
    } catch {
      return false;
    }
    const before = this.description.version;
    if (loaded.description.version === before) return false;
    this.use(loaded.description, loaded.predictor);
    this.render();
    const close = make("button", {type: "button", class: "plain", onclick: () => this.closeNotice()}, this.texts.say("close"));
    this.say("changed_model", {before, after: loaded.description.version}, close);
    // An answer of the new model does not take this message away.
    this.isNoticeKept = true;
    return true;
  }

  closeNotice() {
    this.isNoticeKept = false;
    this.notice.hidden = true;
  }

  say(key, values, ...more) {
    const text = this.texts.say(key, values);
    this.isNoticeKept = false;
    // A message that stands already must not be read out again, nor lose the focus on its button.
    if (!this.notice.hidden && this.notice.firstChild?.textContent === text) return;
    this.notice.replaceChildren(make("p", {}, text), ...more);
    this.notice.hidden = false;
  }

  async search() {
    const {description, predictor, texts, row} = this;
    const wrong = this.form.element.querySelector("[aria-invalid]");
    if (wrong) {
      wrong.focus();
      return;
    }
    this.button.disabled = true;
    this.found.replaceChildren(make("p", {}, texts.say("searching")));
    try {
      const [present] = await predictor.predict([row]);
      const flip = await findFlip(row, present.decision, description, predictor);
      // What was typed meanwhile has another answer.
      if (this.row === row) this.found.replaceChildren(...(flip ? this.describeFlip(flip) : [make("p", {}, texts.say("no_flip"))]));
    } catch (error) {
      this.found.replaceChildren();
      await this.handle(error);
    } finally {
      this.button.disabled = false;
      if (document.activeElement === document.body) this.button.focus();
    }
  }

  describeFlip({changes, prediction}) {
    const {texts, description} = this;
    const items = changes.map(({column, from, to}) => make("li", {}, texts.say("change", {
      column: humanise(column.name),
      from: texts.formatValue(column, from),
      to: texts.formatValue(column, to),
    })));
    const applied = Object.fromEntries(changes.map(({column, to}) => [column.name, to]));
    return [
      make("ul", {}, items),
      make("p", {}, summarise(prediction, description, texts)),
      make("button", {
        type: "button",
        class: "plain",
        onclick: () => {
          this.form.setValues(applied);
          this.refresh();
          this.button.focus();
        },
      }, texts.say("apply")),
    ];
  }
}
