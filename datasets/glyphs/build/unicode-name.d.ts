/** The part of unicode-name that the build uses; the package brings no types. */
declare module 'unicode-name' {
  export function unicodeName(character: string): string | undefined;
}
