/**
 * What is known of pictures without schemas: the interface's bundle has this file as it is, so it imports
 * nothing.
 */

/** The kinds of pictures that are taken; what a file really is decides, not what it is called. */
export const pictureTypes = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;

/** Where a browser gets a picture. */
export const picturePath = (id: string): string => `/api/pictures/${encodeURIComponent(id)}`;
