/** What an archive may hold, unpacked: far more than a long run leaves, and little enough for any disk. */
export const LIMITS = { files: 20_000, bytes: 2_000_000_000 } as const;

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
