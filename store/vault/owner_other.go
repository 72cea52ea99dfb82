//go:build !unix

package vault

import (
	"io/fs"
	"os"
)

// keepOwner does nothing where a file has no owner in its mode: a new file
// takes the access list of its folder.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
