import { describe, expect, it } from '@jest/globals';
import { keywordIn } from '../../../shared/domain/consent/keywords.ts';

const WITHDRAW = ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'ARRET', 'STOPP', 'ALTO', 'PARAR'];
const GIVE = ['START', 'UNSTOP', 'YES', 'REPRENDRE', 'COMENZAR', 'STARTEN'];

describe('a keyword', () => {
  it.each(WITHDRAW)('%s withdraws', (word) => expect(keywordIn(word)).toEqual({ word, state: 'withdrawn' }));
  it.each(GIVE)('%s gives again', (word) => expect(keywordIn(word)).toEqual({ word, state: 'granted' }));

  it.each([
    ['in small letters', 'stop'],
    ['in all sorts of letters', 'sToP'],
    ['with blanks around it', '  STOP \r\n'],
    ['with blanks that are not seen', '\u00a0\u2003\u200b\ufeffSTOP\u3000\u0085'],
    ['with a full stop', 'STOP.'],
    ['with an exclamation mark', 'stop!'],
    ['with a question mark', 'Stop?'],
    ['with the mark of another script', 'STOP。'],
    ['with dots in one character', 'stop…'],
    ['with blanks before and after its mark', 'Stop . '],
  ])('may be written %s', (_, text) => expect(keywordIn(text)).toEqual({ word: 'STOP', state: 'withdrawn' }));

  it.each([
    ['with its accent', 'ARRÊT', 'ARRET'],
    ['with an accent of its own', 'arre\u0302t', 'ARRET'],
    ['with the mark that Spanish begins with', '¡Alto!', 'ALTO'],
    ['in wide letters', 'ＳＴＯＰ', 'STOP'],
  ])('may be written %s', (_, text, word) => expect(keywordIn(text)?.word).toBe(word));

  it('may be written in two words', () => expect(keywordIn('Stop all!')?.word).toBe('STOPALL'));

  it.each([
    ['nothing', ''],
    ['blanks', ' \u200b '],
    ['a mark alone', '.'],
    ['more than the word', 'please stop'],
    ['more than one mark', 'STOP!!'],
    ['a mark at its beginning', '.STOP'],
    ['quotes', '"STOP"'],
    ['two of them', 'STOP START'],
    ['a part of one', 'STO'],
    ['a name that every object has', 'constructor'],
  ])('is not %s', (_, text) => expect(keywordIn(text)).toBeNull());
});
