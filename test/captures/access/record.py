#!/usr/bin/env python3
"""Records who may read which files of whom: run as root on a Linux machine; prints matrix.json.

Each case is a reader and a target: uids and gids (real, effective, saved), capabilities, and the target's dumpable flag.
"""
import ctypes
import errno
import json
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 4, 8
FILES = ['maps', 'smaps', 'smaps_rollup', 'map_files/', 'fdinfo/', 'fdinfo/0', 'fd/', 'fd/0', 'status', 'stat', 'statm',
         'comm', 'task/']
ALICE = {'uid': [1000] * 3, 'gid': [1000] * 3, 'caps': []}
BOB = {'uid': [1001] * 3, 'gid': [1001] * 3, 'caps': []}
ROOT = {'uid': [0] * 3, 'gid': [0] * 3, 'caps': None}
CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SYS_PTRACE = 0, 1, 2, 5, 19


def who(base, **changes):
    return {**base, **changes}


CASES = {
    'same user': (ALICE, ALICE, 1),
    'same user, not dumpable': (ALICE, ALICE, 0),
    'another user': (ALICE, BOB, 1),
    'a user of root': (ALICE, ROOT, 1),
    'root of a user': (ROOT, BOB, 1),
    'root of a user, not dumpable': (ROOT, BOB, 0),
    'root without capabilities of a user': (who(ROOT, caps=[]), BOB, 1),
    'root without capabilities of root': (who(ROOT, caps=[]), ROOT, 1),
    'another real uid': (ALICE, who(ALICE, uid=[1001, 1000, 1000]), 1),
    'another effective uid': (ALICE, who(ALICE, uid=[1000, 1001, 1000]), 1),
    'another saved uid': (ALICE, who(ALICE, uid=[1000, 1000, 1001]), 1),
    'another real gid': (ALICE, who(ALICE, gid=[1001, 1000, 1000]), 1),
    'another effective gid': (ALICE, who(ALICE, gid=[1000, 1001, 1000]), 1),
    'another saved gid': (ALICE, who(ALICE, gid=[1000, 1000, 1001]), 1),
    'CAP_SYS_PTRACE': (who(ALICE, caps=[SYS_PTRACE]), BOB, 1),
    'CAP_SYS_PTRACE, not dumpable': (who(ALICE, caps=[SYS_PTRACE]), BOB, 0),
    'CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH': (who(ALICE, caps=[SYS_PTRACE, DAC_READ_SEARCH]), BOB, 0),
    'CAP_DAC_READ_SEARCH': (who(ALICE, caps=[DAC_READ_SEARCH]), BOB, 1),
    'CAP_DAC_OVERRIDE': (who(ALICE, caps=[DAC_OVERRIDE]), BOB, 1),
    'a target with more capabilities': (ALICE, who(ALICE, caps=[KILL]), 1),
    'a target with the same capabilities': (who(ALICE, caps=[KILL]), who(ALICE, caps=[KILL]), 1),
    'a target with fewer capabilities': (who(ALICE, caps=[KILL, CHOWN]), who(ALICE, caps=[KILL]), 1),
}


def become(ids):
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(*ids['gid'])
    os.setresuid(*ids['uid'])
    if ids['caps'] is None:
        return
    bits = sum(1 << cap for cap in ids['caps'])
    header = struct.pack('II', 0x20080522, 0)
    data = struct.pack('IIIIII', bits & 0xFFFFFFFF, bits & 0xFFFFFFFF, 0, bits >> 32, bits >> 32, 0)
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), 'capset')


def attempt(path):
    try:
        if path.endswith('/'):
            os.listdir(path)
        elif '/fd/' in path:
            os.readlink(path)
        else:
            with open(path, 'rb') as file:
                file.read()
        return 'ok'
    except OSError as error:
        return errno.errorcode[error.errno]


def record(reader, target, dumpable):
    ready, go, answer = os.pipe(), os.pipe(), os.pipe()
    seen = os.fork()
    if seen == 0:
        become(target)
        libc.prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0)
        os.write(ready[1], b'x')
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    looking = os.fork()
    if looking == 0:
        become(reader)
        results = {name: attempt(f'/proc/{seen}/{name}') for name in FILES}
        os.write(answer[1], json.dumps(results).encode())
        os._exit(0)
    os.waitpid(looking, 0)
    os.write(go[1], b'x')
    os.waitpid(seen, 0)
    return json.loads(os.read(answer[0], 65536))


rows = [{'name': name, 'reader': reader, 'target': target, 'dumpable': dumpable, 'results': record(reader, target, dumpable)}
        for name, (reader, target, dumpable) in CASES.items()]
release = '.'.join(os.uname().release.split('.')[:2])
print(json.dumps({'linux': release, 'cases': rows}, indent=1))
