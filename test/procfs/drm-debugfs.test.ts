import { describe, expect, test } from 'vitest';
import { parseDrmClients, parseGemNames } from '../../lib/procfs/drm-debugfs-parse.ts';
import { formatDrmClients, formatDrmName, formatGemNames } from '../../lib/procfs/drm-debugfs.ts';
import { type FramebufferInfo, formatFramebuffers, parseFramebuffers } from '../../lib/procfs/drm-framebuffer.ts';

describe('clients', () => {
  const TEXT =
    '             command  tgid dev master a   uid      magic\n' +
    '          compositor   172   0   y    y     0          0\n' +
    '           my client 65536 128   n    n  1000         17\n' +
    '           <unknown>   173   0   n    y     0          0\n';
  const clients = [
    { command: 'compositor', tgid: 172, minor: 0, master: true, authenticated: true, uid: 0, magic: 0 },
    { command: 'my client', tgid: 65536, minor: 128, master: false, authenticated: false, uid: 1000, magic: 17 },
    { command: null, tgid: 173, minor: 0, master: false, authenticated: true, uid: 0, magic: 0 },
  ];

  test('are printed as the kernel does, and read back', () => {
    expect(formatDrmClients(clients)).toBe(TEXT);
    expect(parseDrmClients(TEXT)).toEqual({ clients, ignored: [] });
    expect(formatDrmClients([])).toBe('             command  tgid dev master a   uid      magic\n');
  });

  test('of a later kernel have more columns; what a newline in a comm breaks is listed', () => {
    const later =
      '             command  tgid dev master a   uid      magic                 name                   id\n' +
      '          compositor   172   0   y    y     0          0            <unset>                    3\n' +
      '                 a\nb    1   0   n    y     0          0\n';
    expect(parseDrmClients(later)).toEqual({
      clients: [clients[0]],
      ignored: ['                 a', 'b    1   0   n    y     0          0'],
    });
    expect(parseDrmClients('nonsense')).toBeNull();
  });
});

describe('gem_names', () => {
  const TEXT =
    '  name     size handles refcount\n     1    16384       2        1\n   100 123456789       1       12\n';
  const names = [
    { name: 1, size: 16384, handles: 2, refs: 1 },
    { name: 100, size: 123456789, handles: 1, refs: 12 },
  ];

  test('are printed as the kernel does, and read back', () => {
    expect(formatGemNames(names)).toBe(TEXT);
    expect(parseGemNames(TEXT)).toEqual({ names, ignored: [] });
    expect(parseGemNames(`${TEXT}what?\n`)?.ignored).toEqual(['what?']);
    expect(parseGemNames('')).toBeNull();
  });
});

test('name', () => {
  expect(formatDrmName('vgem', 'vgem')).toBe('vgem dev=vgem unique=vgem\n');
});

describe('framebuffer', () => {
  const TEXT =
    'framebuffer[42]:\n\tallocated by = shell\n\trefcount=1\n\tformat=XR24 little-endian (0x34325258)\n' +
    '\tmodifier=0x0\n\tsize=320x200\n\tlayers:\n\t\tsize[0]=320x200\n\t\tpitch[0]=1280\n\t\toffset[0]=0\n' +
    '\t\tobj[0]:\n\t\t\tname=0\n\t\t\trefcount=3\n\t\t\tstart=00100427\n\t\t\tsize=258048\n\t\t\timported=no\n' +
    '\t\t\tpages_use_count=2\n\t\t\tvmap_use_count=0\n\t\t\tvaddr=0000000000000000\n' +
    'framebuffer[7]:\n\tallocated by = x\n\trefcount=2\n\tformat=RG16 little-endian (0x36314752)\n' +
    '\tmodifier=0x100000000000001\n\tsize=1x1\n\tlayers:\n\t\tsize[0]=1x1\n\t\tpitch[0]=2\n\t\toffset[0]=0\n' +
    '\t\tobj[0]:\n\t\t\tname=1\n\t\t\trefcount=1\n\t\t\tstart=00100000\n\t\t\tsize=4096\n\t\t\timported=yes\n';
  const framebuffers: readonly FramebufferInfo[] = [
    {
      id: 42,
      allocator: 'shell',
      refs: 1,
      format: 'XR24',
      modifier: 0n,
      width: 320,
      height: 200,
      layers: [
        {
          width: 320,
          height: 200,
          pitch: 1280,
          offset: 0,
          object: {
            name: 0,
            refs: 3,
            start: 0x100427,
            size: 258048,
            imported: false,
            more: ['pages_use_count=2', 'vmap_use_count=0', 'vaddr=0000000000000000'],
          },
        },
      ],
    },
    {
      id: 7,
      allocator: 'x',
      refs: 2,
      format: 'RG16',
      modifier: 0x100000000000001n,
      width: 1,
      height: 1,
      layers: [
        {
          width: 1,
          height: 1,
          pitch: 2,
          offset: 0,
          object: { name: 1, refs: 1, start: 0x100000, size: 4096, imported: true, more: [] },
        },
      ],
    },
  ];

  test('is printed as the kernel does, and read back', () => {
    expect(formatFramebuffers(framebuffers)).toBe(TEXT);
    expect(parseFramebuffers(TEXT)).toEqual(framebuffers);
    expect(parseFramebuffers('')).toEqual([]);
  });

  test.each(['x', TEXT.slice(0, 30), `${TEXT}more`, TEXT.replace('pitch', 'pish')])('is not %j', (text) => {
    expect(parseFramebuffers(text)).toBeNull();
  });
});
