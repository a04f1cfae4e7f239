package tarball

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
)

// digestVersion is the version of the encoding below. Since users store digests and compare them, any
// change of the encoding must increment it.
const digestVersion = "v1"

// digest is the SHA-256 of all entries, in the order of the tarball. Each entry is encoded as
//
//	kind     1 byte: '0' for a file, '2' for a symlink, '5' for a directory, as in tar
//	mode     8 bytes
//	name     8 bytes for the length, then the name in the tarball
//	target   8 bytes for the length, then the target of a symlink; empty for the others
//	size     8 bytes
//	content  only for a file: 4 bytes for the CRC-32 (IEEE), 4 bytes for the CRC-32C (Castagnoli)
//
// Numbers are big endian. The name of a directory ends in "/". SHA-256 of the content would make packing
// 14% slower on two CPUs. The two CRCs, for which processors have instructions, make it 2% slower.
// Together they are a 64-bit CRC: it always detects a change within 8 bytes, and misses one in 2^64 of
// all other changes.
type digest struct {
	sum    hash.Hash
	buffer []byte
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

// entry adds an entry without the content of a file, which content adds.
func (d *digest) entry(header *tar.Header) {
	d.buffer = append(d.buffer[:0], header.Typeflag)
	d.buffer = binary.BigEndian.AppendUint64(d.buffer, uint64(header.Mode))
	for _, text := range []string{header.Name, header.Linkname} {
		d.buffer = binary.BigEndian.AppendUint64(d.buffer, uint64(len(text)))
		d.buffer = append(d.buffer, text...)
	}
	d.buffer = binary.BigEndian.AppendUint64(d.buffer, uint64(header.Size))
	_, _ = d.sum.Write(d.buffer)
}

func (d *digest) content(sums contentSums) {
	d.buffer = binary.BigEndian.AppendUint32(d.buffer[:0], sums.ieee)
	d.buffer = binary.BigEndian.AppendUint32(d.buffer, sums.castagnoli)
	_, _ = d.sum.Write(d.buffer)
}

// String returns the digest with its version, as users see it.
func (d *digest) String() string { return digestVersion + ":" + hex.EncodeToString(d.sum.Sum(nil)) }

// contentSums are the CRCs of a file's content.
type contentSums struct{ ieee, castagnoli uint32 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *contentSums) add(p []byte) {
	s.ieee = crc32.Update(s.ieee, crc32.IEEETable, p)
	s.castagnoli = crc32.Update(s.castagnoli, castagnoli, p)
}
