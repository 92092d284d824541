/** Words that a consumer sends by SMS to withdraw consent, or to give it again. */
import { folded } from '../consumer/text.ts';
import type { ConsentState } from '../facts.ts';

/** As carriers know them, in English, French, German, Spanish and Portuguese. */
const WORDS = {
  withdrawn: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'ARRET', 'STOPP', 'ALTO', 'PARAR'],
  granted: ['START', 'UNSTOP', 'YES', 'REPRENDRE', 'COMENZAR', 'STARTEN'],
} as const satisfies Record<ConsentState, readonly string[]>;

export interface Keyword {
  word: string;
  /** Of the consents that it asks for. */
  state: ConsentState;
}

const byText = new Map<string, Keyword>(
  Object.entries(WORDS).flatMap(([state, words]) =>
    words.map((word) => [folded(word), { word, state: state as ConsentState }] as const),
  ),
);

/** White space of any script, and what is not seen at all. */
const BLANKS = /[\p{White_Space}\p{Default_Ignorable_Code_Point}]+/gu;
const END_MARK = /[\p{Sentence_Terminal}…]$/u;

/** Spanish begins with its marks; accents and wide letters are what a keyboard makes of the plain ones. */
const BEGIN_MARK = /^[¡¿]/u;
const ACCENTS = /\p{Mark}+/gu;

/**
 * The keyword that the whole message is: case, accents, blanks and one mark at its end don't matter. Null for any other
 * text.
 */
export const keywordIn = (text: string): Keyword | null => {
  const bare = text.replace(BLANKS, '').replace(BEGIN_MARK, '').replace(END_MARK, '');
  return byText.get(folded(bare.normalize('NFKD').replace(ACCENTS, ''))) ?? null;
};
