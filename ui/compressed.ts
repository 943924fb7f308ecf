// Writes a compressed form beside each file that is worth it; server/http/pages.py serves it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(js|css|svg)$/;
const BYTES_MIN = 1_400; // a smaller file fits into one packet anyhow
const LEVEL = { level: constants.Z_BEST_COMPRESSION };

export const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  async writeBundle({ dir = "" }, bundle) {
    const write = async (file: (typeof bundle)[string]) => {
      const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
      if (!TEXT.test(file.fileName) || content.length < BYTES_MIN) return;
      await writeFile(join(dir, `${file.fileName}.gz`), await promisify(gzip)(content, LEVEL));
    };
    await Promise.all(Object.values(bundle).map(write));
  },
};
