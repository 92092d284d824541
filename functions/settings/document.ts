import { Refusal } from '../../shared/domain/refusal.ts';
import { SETTINGS_DOCUMENTS } from '../../shared/domain/settings.ts';
import type { DocumentName } from '../../shared/usecases/organization/settings.ts';

/** The document of this name. Throws `Refusal('not_found')`. */
export const documentNamed = (name: string): DocumentName => {
  if (Object.hasOwn(SETTINGS_DOCUMENTS, name)) return name as DocumentName;
  throw new Refusal('not_found', `The documents are ${Object.keys(SETTINGS_DOCUMENTS).join(', ')}.`);
};
