// Jest loads the sources itself, so Node's own type stripping does not apply inside it.
const { createHash } = require('node:crypto');
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, path, options) =>
    createHash('sha256')
      .update(`${source}\0${path}\0${process.version}\0${options.configString ?? ''}`)
      .digest('hex'),
};
