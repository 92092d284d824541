/** The numbering plans of the world. Bundling puts a packed copy in their place, unpacked on first use (`infra/embedded.ts`). */
import type { MetadataJson } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';

const numberingPlans = (): MetadataJson => metadata;
export default numberingPlans;
