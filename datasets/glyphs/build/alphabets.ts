/** A writing system, and the characters of it that are classes. */
export interface Alphabet {
  readonly name: string;
  readonly characters: string;
  /**
   * Whether a glyph's height above the baseline tells classes apart (a comma from an apostrophe). Where it does not, every
   * glyph is centred.
   */
  readonly onBaseline: boolean;
  /** At most so many faces, spread over as many families as there are. */
  readonly faces: number;
}

/**
 * The alphabet of the pretraining set. `l` and `|` are left out: in many fonts they are the same drawing as `I`.
 */
export const latin: Alphabet = {
  name: 'latin',
  characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789!?&@#$%*+=/()[]{}<>;',
  onBaseline: true,
  faces: 560,
};

/**
 * The writing systems of the stream, 24 characters each. Left out are characters that are the same drawing as one of
 * another class: Greek Α and Cyrillic А are a Latin A, Greek Γ, Π and Φ are Cyrillic Г, П and Ф, Katakana ニ, カ and エ
 * are Han 二, 力 and 工, the Arabic alif is a bar.
 */
export const writingSystems: readonly Alphabet[] = [
  { name: 'greek', characters: 'αβγδεζηθλμξπσφχψωΔΘΛΞΣΨΩ', onBaseline: false, faces: 100 },
  { name: 'cyrillic', characters: 'БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯбЄЉЊ', onBaseline: false, faces: 100 },
  { name: 'hebrew', characters: 'אבגדהוזחטיכלמנסעפצקרשתםץ', onBaseline: false, faces: 100 },
  { name: 'arabic', characters: 'بتثجحخدرزسشصطعغفقكلمنهوي', onBaseline: false, faces: 100 },
  { name: 'devanagari', characters: 'कखगघचछजझटठडढणतथदधनपफबभमय', onBaseline: false, faces: 100 },
  { name: 'thai', characters: 'กขคงจชญฐดตถทนบปพฟมยรลวหอ', onBaseline: false, faces: 100 },
  {
    name: 'hangul',
    characters: '가나다라마바사아자차카타파하한글을는고도로서지문',
    onBaseline: false,
    faces: 100,
  },
  {
    name: 'hiragana',
    characters: 'あいうえおかきくけこさしすせそたちつてとなにぬの',
    onBaseline: false,
    faces: 100,
  },
  {
    name: 'katakana',
    characters: 'アイウエオカキクケコサシスセソタチツテトナニヌノ',
    onBaseline: false,
    faces: 100,
  },
  {
    name: 'han',
    characters: '人大小日月水火木金土山川田中上下国学生年本見車東',
    onBaseline: false,
    faces: 100,
  },
];
