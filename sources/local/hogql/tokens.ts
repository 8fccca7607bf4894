/** Texts, quoted names and comments as single tokens; words and numbers; anything else character by character. */
const TOKENS =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`|(?:--|\/\/)[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_$][\w$]*|\d[\w.]*|\S/gsu;

export interface Token {
  /** Upper-cased word, or the text of anything else; `'` for texts and quoted names. */
  word: string;
  start: number;
  end: number;
}

/** A query's words and signs, without comments. */
export function tokenize(text: string): Token[] {
  return [...text.matchAll(TOKENS)]
    .filter(([token]) => !/^(?:--|\/\/|\/\*)/u.test(token))
    .map((match) => {
      const [token] = match;
      const word = /^['"`]/u.test(token) ? "'" : token.toUpperCase();
      return { word, start: match.index, end: match.index + token.length };
    });
}
