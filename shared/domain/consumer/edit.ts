/** Editing a profile: what may be said, within which bounds, and what comes out. */
import type { AttributeValue, ConsumerStatus, Profile, Tag, TagType } from '../facts.ts';
import { invalid } from '../refusal.ts';
import { folded } from './text.ts';

export const TAGS_MOST = 50;
export const SOURCES_MOST = 20;
export const ATTRIBUTES_MOST = 100;
/** Of all custom attributes together, and of all answers: as JSON, so that no item outgrows the table. */
export const ATTRIBUTES_BYTES = 32 * 1024;

type Plain = 'fullName' | 'gender' | 'birthday' | 'pictureUrl' | 'handler' | 'facebookId';
const PLAIN = ['fullName', 'gender', 'birthday', 'pictureUrl', 'handler', 'facebookId'] as const satisfies Plain[];

/** Null clears a field; what is absent stays. Contacts are normalized already. */
export type ProfileEdit = { [F in Plain | 'email' | 'phone']?: string | null | undefined } & {
  status?: ConsumerStatus | undefined;
  tags?: Tag[] | undefined;
  customAttributes?: Record<string, AttributeValue | null> | undefined;
  answers?: Record<string, AttributeValue | null> | undefined;
};

/**
 * The profile after the edit: attributes and answers merge by key, null removes a key, tags and all else are replaced.
 * A changed contact is no longer verified. Refuses more tags or attributes than there may be.
 */
export const edited = (profile: Profile, edit: ProfileEdit): Profile => {
  const after = {
    ...profile,
    ...Object.fromEntries(PLAIN.filter((field) => edit[field] !== undefined).map((field) => [field, edit[field]])),
    status: edit.status ?? profile.status,
    tags: edit.tags === undefined ? profile.tags : distinctTags(edit.tags),
    customAttributes: merged('customAttributes', profile.customAttributes, edit.customAttributes),
    answers: merged('answers', profile.answers, edit.answers),
  };
  return withContacts(after, edit);
};

const withContacts = (profile: Profile, { email = profile.email, phone = profile.phone }: ProfileEdit): Profile => ({
  ...profile,
  email,
  emailVerified: profile.emailVerified && email === profile.email,
  phone,
  phoneVerified: profile.phoneVerified && phone === profile.phone,
});

const merged = (
  path: 'customAttributes' | 'answers',
  before: Record<string, AttributeValue>,
  edit: ProfileEdit['answers'],
): Record<string, AttributeValue> => {
  if (edit === undefined) return before;
  const after: Record<string, AttributeValue> = { ...before };
  for (const [key, value] of Object.entries(edit)) {
    if (value === null) delete after[key];
    else after[key] = value;
  }
  if (Object.keys(after).length > ATTRIBUTES_MOST) {
    throw invalid(path, 'too_long', `A consumer has ${ATTRIBUTES_MOST} of these at most.`);
  }
  if (Buffer.byteLength(JSON.stringify(after)) > ATTRIBUTES_BYTES) {
    throw invalid(path, 'too_big', `These take ${ATTRIBUTES_BYTES} bytes at most, all together.`);
  }
  return after;
};

/** Tags that differ only in case are one: the first spelling stays, the last type counts. */
export const distinctTags = (tags: readonly Tag[]): Tag[] => {
  const distinct: Tag[] = [];
  for (const { name, type } of tags) {
    const same = distinct.findIndex((tag) => isSameTag(tag.name, name));
    const before = distinct[same];
    if (before) distinct[same] = { name: before.name, type: type ?? before.type };
    else distinct.push({ name, type });
  }
  if (distinct.length > TAGS_MOST) throw invalid('tags', 'too_long', `A consumer has ${TAGS_MOST} tags at most.`);
  return distinct;
};

/** The tag is there afterwards, once; without a type it keeps the one that it has. */
export const tagged = (profile: Profile, name: string, type: TagType | null | undefined): Profile => ({
  ...profile,
  tags: profile.tags.some((tag) => isSameTag(tag.name, name))
    ? profile.tags.map((tag) => (isSameTag(tag.name, name) && type !== undefined ? { ...tag, type } : tag))
    : distinctTags([...profile.tags, { name, type: type ?? null }]),
});

export const untagged = (profile: Profile, name: string): Profile => ({
  ...profile,
  tags: profile.tags.filter((tag) => !isSameTag(tag.name, name)),
});

const isSameTag = (one: string, other: string): boolean => folded(one) === folded(other);
