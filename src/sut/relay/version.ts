/** The version in package.json, which is not part of an image. */
export const relayVersion = '0.1.0';
