/** Says in one line what is wrong where Node is too old to read the project's TypeScript; nothing else can. */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Regulars needs Node 24 or newer, this is ${process.versions.node}: run npm ci, which brings it, or install Node 24.`,
  );
  process.exit(1);
}
