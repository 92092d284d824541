/** Until when items live, as noted from the stream and kept over restarts. */
import { appendLine, readLines, replaceLines } from '../base/files.ts';

export type Keys = Record<string, unknown>;

export interface Note {
  keys: Keys;
  /** Null: for ever. */
  endsAtSeconds: number | null;
  /** Being deleted because its time is over. */
  isOver?: true;
}

export interface ExpiryNotes {
  /** Takes the newest word about an item; kept once this returns. */
  take(note: Note): void;
  isOver(keys: Keys): boolean;
  /** At most `most` items that have expired and are not being deleted yet. */
  overBy(nowSeconds: number, most: number): Note[];
  areSomeOver(): boolean;
  /** Drops the notes of items that are being deleted, once the stream has delivered their removal. */
  dropOver(): void;
  /** Leaves nothing in the file but what is still noted. */
  compact(): void;
}

export function openExpiryNotes(file: string | null): ExpiryNotes {
  const notes = new Map<string, Note>();
  const enter = (note: Note) => {
    if (note.endsAtSeconds === null) notes.delete(nameOf(note.keys));
    else notes.set(nameOf(note.keys), note);
  };
  for (const note of file === null ? [] : (readLines(file) as Note[])) enter(note);
  // A kill may have come before these deletions: they are tried again.
  const unsure = new Set([...notes.values()].filter(({ isOver }) => isOver));
  const compact = () => {
    if (file !== null) replaceLines(file, [...notes.values()]);
  };
  return {
    compact,
    take: (note) => {
      const known = notes.get(nameOf(note.keys));
      if ((known?.endsAtSeconds ?? null) === note.endsAtSeconds && known?.isOver === note.isOver) return;
      if (file !== null) appendLine(file, note);
      enter(note);
    },
    isOver: (keys) => notes.get(nameOf(keys))?.isOver === true,
    overBy: (nowSeconds, most) =>
      notes
        .values()
        .filter(({ isOver, endsAtSeconds }) => !isOver && endsAtSeconds !== null && endsAtSeconds <= nowSeconds)
        .take(most)
        .toArray(),
    areSomeOver: () => notes.values().some(({ isOver }) => isOver === true),
    dropOver: () => {
      for (const [name, note] of notes) {
        if (!note.isOver) continue;
        if (unsure.delete(note)) notes.set(name, { keys: note.keys, endsAtSeconds: note.endsAtSeconds });
        else notes.delete(name);
      }
      compact();
    },
  };
}

const nameOf = (keys: Keys): string => JSON.stringify(Object.entries(keys).sort(([a], [b]) => a.localeCompare(b)));
