import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  insertNewlineAndIndent,
} from "@codemirror/commands";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useEffectEvent, useRef } from "react";
import { editorTheme, promqlColours } from "./editor-theme.ts";

interface PromqlEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onRun: (text: string) => void;
}

/** Completion asks the server's Prometheus API with the session's cookie. */
function promql() {
  return new PromQLExtension()
    .setComplete({
      remote: {
        url: "",
        httpMethod: "GET",
        fetchFn: (input, init) => fetch(input, { ...init, credentials: "same-origin" }),
        // Completion that fails is no completion; the query's own error is shown where it is run.
        httpErrorHandler: () => undefined,
        cache: { maxAge: 60_000 },
      },
    })
    .asExtension();
}

/** Writes PromQL, with completion of metrics, labels and functions, and marks what cannot be parsed. */
export default function PromqlEditor({ label, value, onChange, onRun }: PromqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const changed = useEffectEvent((text: string) => onChange(text));
  const ran = useEffectEvent((text: string) => onRun(text));
  const valueAtStart = useEffectEvent(() => value);

  useEffect(() => {
    if (host.current === null) return undefined;
    const run = (editor: EditorView) => {
      ran(editor.state.doc.toString());
      return true;
    };
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: valueAtStart(),
        extensions: [
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          syntaxHighlighting(promqlColours),
          editorTheme,
          EditorView.lineWrapping,
          placeholder("rate(http_requests_total[5m])"),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          Prec.highest(
            keymap.of([
              { key: "Mod-Enter", run },
              { key: "Shift-Enter", run: insertNewlineAndIndent },
            ]),
          ),
          // Enter takes a completion while one is offered, and otherwise runs the query.
          keymap.of([...closeBracketsKeymap, ...completionKeymap, { key: "Enter", run }]),
          keymap.of([...historyKeymap, ...lintKeymap, ...defaultKeymap]),
          promql(),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    // Where a keyboard is at hand, an empty query is ready to be typed.
    if (made.state.doc.length === 0 && window.matchMedia("(hover: hover)").matches) made.focus();
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [label]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} />;
}
