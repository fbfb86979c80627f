import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/**
 * scrypt's cost: N = 2^15, r = 8, p = 3 (one of OWASP's equivalent choices) takes 32 MiB and some
 * 100 ms, so that a handful of sign-ins at once do not crowd out the rest of the process.
 */
const COST = { ln: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The most that a stored hash may ask for, in case the table was tampered with. */
const MAX_COST = { ln: 17, r: 16, p: 8 } as const;

interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

function derive(password: string, salt: Buffer, cost: Cost, length: number): Promise<Buffer> {
  const options = {
    N: 2 ** cost.ln,
    r: cost.r,
    p: cost.p,
    maxmem: 2 ** cost.ln * cost.r * 128 + cost.p * cost.r * 128 + 1024 * 1024,
  };
  return new Promise((resolve, reject) => {
    // NFKC so that the same password typed on another keyboard or system is the same bytes.
    scrypt(password.normalize("NFKC"), salt, length, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");

/** Hashes a password to a PHC string, `$scrypt$ln=15,r=8,p=3$SALT$HASH`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST, HASH_BYTES);
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(hash)}`;
}

const PHC =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,64})\$([A-Za-z0-9+/]{32,128})$/;

/** Stands in for a user that does not exist or has no password: costs what a real one costs. */
const NOBODY = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

/**
 * Tells whether the password is the hashed one. With no hash (no such user) it works as long and
 * answers false, so that timing does not tell which accounts exist.
 */
export async function verifyPassword(password: string, phc: string | null): Promise<boolean> {
  const match = PHC.exec(phc ?? NOBODY);
  if (match === null) return false;
  const [, ln, r, p, salt, hash] = match;
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (cost.ln > MAX_COST.ln || cost.r > MAX_COST.r || cost.p > MAX_COST.p) return false;
  const expected = Buffer.from(hash ?? "", "base64");
  const actual = await derive(password, Buffer.from(salt ?? "", "base64"), cost, expected.length);
  return timingSafeEqual(actual, expected) && phc !== null;
}
