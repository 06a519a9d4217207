// Our sources import './x.js' (native ESM); in tests the file on disk is './x.ts'.
module.exports = (request, options) => {
  const isOurs =
    request.startsWith('.') &&
    request.endsWith('.js') &&
    !options.basedir.includes('/node_modules/');
  if (isOurs) {
    try {
      return options.defaultResolver(`${request.slice(0, -3)}.ts`, options);
    } catch {
      // A real .js file: fall through.
    }
  }
  return options.defaultResolver(request, options);
};
