// JSON as people type it: read without losing a digit or a key, and with the place of what is wrong.
//
// JSON.parse would round 9007199254740993, and of a key that is there twice keep the last one without a word.
import { exactNumber } from "./exactJson";

export type JsonText = { value: unknown; problem?: undefined } | { problem: string };

class Wrong extends Error {
  constructor(readonly at: number, message: string) {
    super(message);
  }
}

/** The value of a text, with whole numbers beyond 53 bits as bigint; or what is wrong with it, and where. */
export function parseJson(text: string): JsonText {
  const reader = new Reader(text);
  try {
    const value = reader.value();
    reader.end();
    return { value };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const before = text.slice(0, error.at).split("\n");
    return { problem: `Line ${before.length}, column ${(before.at(-1) ?? "").length + 1}: ${error.message}` };
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(): unknown {
    this.space();
    const next = this.text[this.at];
    if (next === "{") return this.object();
    if (next === "[") return this.list();
    if (next === '"') return this.string();
    const word = this.take(WORD);
    if (word !== undefined) return JSON.parse(word) as unknown;
    return this.number();
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw new Wrong(this.at, "the value has ended before this.");
  }

  private object(): Record<string, unknown> {
    const found = new Map<string, unknown>();
    this.items("}", () => {
      this.space();
      const start = this.at;
      if (this.text[start] !== '"') throw new Wrong(start, 'a key in "quotes" is expected.');
      const key = this.string();
      if (found.has(key)) throw new Wrong(start, `the key "${key}" is there twice.`);
      this.expect(":");
      found.set(key, this.value());
    });
    // Object.fromEntries defines properties, so a key such as __proto__ is one like any other.
    return Object.fromEntries(found);
  }

  private list(): unknown[] {
    const found: unknown[] = [];
    this.items("]", () => found.push(this.value()));
    return found;
  }

  private items(close: string, item: () => void): void {
    this.at += 1;
    this.space();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      item();
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== close) throw new Wrong(this.at, `"," or "${close}" is expected.`);
      this.at += 1;
      if (next === close) return;
    }
  }

  private string(): string {
    const start = this.at;
    const found = this.take(STRING);
    if (found === undefined) throw new Wrong(start, "this text has no end, or has a character that must be escaped.");
    return JSON.parse(found) as string;
  }

  private number(): number | bigint {
    const start = this.at;
    const source = this.take(NUMBER);
    if (source === undefined) throw new Wrong(start, start < this.text.length ? "a value is expected." : "the text ends too early.");
    const value = exactNumber(source);
    if (value === Infinity || value === -Infinity) throw new Wrong(start, "this number is too large.");
    return value;
  }

  private expect(character: string): void {
    this.space();
    if (this.text[this.at] !== character) throw new Wrong(this.at, `"${character}" is expected.`);
    this.at += 1;
  }

  private space(): void {
    this.take(SPACE);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
}
