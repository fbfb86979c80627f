import { escapeHtml } from "./escape.ts";

/** What an attribute's value means, and so what may be put into it. */
type Meaning = "plain" | "url" | "style" | "script";

type State =
  | { readonly in: "text" }
  | { readonly in: "comment" }
  /** Between `<` and `>`, outside of an attribute's value. */
  | { readonly in: "tag" }
  | {
      readonly in: "value";
      readonly quote: string;
      readonly meaning: Meaning;
      /** What of the value has been written, for URLs: their parts are escaped differently. */
      readonly written: string;
    }
  /** The content of an element in which tags mean nothing. */
  | { readonly in: "raw"; readonly element: string };

/** Printed values that are HTML already, and those that the template has escaped for a query itself. */
export type Trust = "none" | "html" | "query";

/** Stands in for what must not be put where a template put it; Go prints the same. */
const REFUSED = "ZgotmplZ";
const RAW_ELEMENTS = new Set(["script", "style", "textarea", "title"]);
const URL_ATTRIBUTES =
  /^(?:action|archive|background|cite|classid|codebase|data|formaction|href|icon|longdesc|manifest|poster|profile|src|usemap|xmlns)$|^xlink:href$/;
/** Of a longer tag its beginning and its end are remembered: the element, and the attribute's name. */
const MAX_TAG = 300;

/**
 * Follows HTML as it is written, piece by piece, and escapes values for the place that they are
 * written to, as Go's html/template does: text, attributes, URLs, styles and scripts each in their
 * way.
 */
export class HtmlContext {
  #state: State = { in: "text" };
  /** The tag that is being written, from its `<`. */
  #tag = "";

  /** Follows a piece of the template's own text. */
  literal(text: string): void {
    for (const char of text) this.#follow(char);
  }

  /** The form in which a printed value may be written here. */
  escape(printed: string, trust: Trust): string {
    this.#beginBareValue();
    const state = this.#state;
    switch (state.in) {
      case "text":
        return trust === "none" ? escapeHtml(printed) : printed;
      case "comment":
        return "";
      case "tag":
        // A name of a tag or attribute that is made by a template.
        return /^[\w:-]*$/.test(printed) ? this.#followed(printed) : REFUSED;
      case "raw":
        if (state.element === "script") return script(printed);
        return state.element === "style" ? style(printed) : escapeHtml(printed);
      case "value":
        return this.#followed(inAttribute(state, printed, trust));
    }
  }

  /** A printed value behind `name=` begins an attribute's value without quotes. */
  #beginBareValue(): void {
    const name = this.#state.in === "tag" ? /[\s"'/]([^\s"'<>/=]+)\s*=\s*$/.exec(this.#tag) : null;
    if (name?.[1] === undefined) return;
    this.#tag += "x";
    const meaning = meaningOf(name[1].toLowerCase());
    this.#state = { in: "value", quote: "", meaning, written: "" };
  }

  #followed(text: string): string {
    this.literal(text);
    return text;
  }

  #follow(char: string): void {
    const state = this.#state;
    switch (state.in) {
      case "text":
        if (char === "<") this.#begin();
        return;
      case "tag":
        this.#inTag(char);
        return;
      case "value":
        this.#inValue(state, char);
        return;
      case "comment":
      case "raw":
        this.#inRaw(char, state.in === "comment" ? "-->" : `</${state.element}>`);
        return;
    }
  }

  #begin(): void {
    this.#tag = "<";
    this.#state = { in: "tag" };
  }

  #inTag(char: string): void {
    this.#tag += char;
    if (this.#tag.length > MAX_TAG) this.#tag = this.#tag.slice(0, 20) + this.#tag.slice(-256);
    if (this.#tag === "<!--") {
      this.#state = { in: "comment" };
      this.#tag = "";
    } else if (/^<[^a-z/!]/i.test(this.#tag)) {
      // A lone "<" is text.
      this.#state = { in: "text" };
    } else if (char === ">") {
      const element = /^<([a-z][a-z0-9]*)/i.exec(this.#tag)?.[1]?.toLowerCase() ?? "";
      this.#tag = "";
      this.#state = RAW_ELEMENTS.has(element) ? { in: "raw", element } : { in: "text" };
    } else {
      const opened = /[\s"'/]([^\s"'<>/=]+)\s*=\s*(["']|[^\s"'>])$/.exec(this.#tag);
      if (opened?.[1] === undefined || opened[2] === undefined) return;
      const quoted = opened[2] === '"' || opened[2] === "'";
      this.#state = {
        in: "value",
        quote: quoted ? opened[2] : "",
        meaning: meaningOf(opened[1].toLowerCase()),
        written: quoted ? "" : opened[2],
      };
    }
  }

  #inValue(state: Extract<State, { in: "value" }>, char: string): void {
    const ends = state.quote === "" ? /[\s>]/.test(char) : char === state.quote;
    if (!ends) {
      this.#state = { ...state, written: state.written + char };
      return;
    }
    this.#state = { in: "tag" };
    // What was in the value must not be taken for the beginning of another attribute.
    this.#tag = this.#tag.replace(/\s*=\s*\S$/, "");
    this.#inTag(state.quote === "" ? char : " ");
  }

  #inRaw(char: string, end: string): void {
    this.#tag = (this.#tag + char).slice(-end.length);
    if (this.#tag.toLowerCase() !== end) return;
    this.#state = { in: "text" };
    this.#tag = "";
  }
}

function meaningOf(name: string): Meaning {
  const bare = name.replace(/^data-/, "");
  if (bare === "style") return "style";
  if (bare.startsWith("on")) return "script";
  return URL_ATTRIBUTES.test(bare) || /src|uri|url/.test(bare) ? "url" : "plain";
}

function inAttribute(
  { meaning, quote, written }: Extract<State, { in: "value" }>,
  printed: string,
  trust: Trust,
): string {
  let value = printed;
  // Markup has no meaning inside a tag.
  if (trust === "html") value = value.replaceAll(/<[^>]*>/g, "");
  if (meaning === "style") value = style(value);
  else if (meaning === "script") value = script(value);
  else if (meaning === "url") value = trust === "query" ? value : urlPart(value, written);
  const escaped = trust === "html" ? value.replaceAll(/["'<>]/g, escapeHtml) : escapeHtml(value);
  return quote === ""
    ? escaped.replaceAll(/[\s=`]/g, (char) => `&#${char.codePointAt(0)};`)
    : escaped;
}

/** A value in a URL: with a harmless scheme at its beginning, whole in a query, normalised elsewhere. */
function urlPart(value: string, written: string): string {
  if (/[?#]/.test(written)) return percent(value, /[A-Za-z0-9\-._~]/);
  const scheme = /^\s*([^/?#:]*):/.exec(value)?.[1]?.toLowerCase();
  if (written === "" && scheme !== undefined && !["http", "https", "mailto"].includes(scheme))
    return `#${REFUSED}`;
  return percent(value, /[A-Za-z0-9\-._~!#$&*+,/:;=?@[\]%]/);
}

function percent(value: string, kept: RegExp): string {
  return Array.from(value, (char) => (kept.test(char) ? char : hexBytes(char))).join("");
}

function hexBytes(char: string): string {
  return [...new TextEncoder().encode(char)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0")}`)
    .join("");
}

function style(value: string): string {
  return /^[\w\s#.,%!+-]*$/.test(value) && !/expression|-moz-binding/i.test(value)
    ? value
    : REFUSED;
}

/** A string of JavaScript, in which nothing can end the script. */
function script(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[<>&'\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
