package main

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"
)

const (
	credTypeGeneric         = 1
	errorNotFound           = syscall.Errno(1168)
	errorNoSuchLogonSession = syscall.Errno(1312)
)

var (
	advapi32  = syscall.NewLazyDLL("advapi32.dll")
	credReadW = advapi32.NewProc("CredReadW")
	credFree  = advapi32.NewProc("CredFree")
)

// credential is CREDENTIALW: https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
type credential struct {
	flags          uint32
	credentialType uint32
	targetName     *uint16
	comment        *uint16
	lastWritten    syscall.Filetime
	blobSize       uint32
	blob           *byte
	persist        uint32
	attributeCount uint32
	attributes     unsafe.Pointer
	targetAlias    *uint16
	userName       *uint16
}

// readBlob returns a copy of the blob of a generic credential; nil where there is no such credential, or no credentials
// at all, as in an SSH logon.
func readBlob(name string) ([]byte, error) {
	target, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	var found *credential
	done, _, err := credReadW.Call(
		uintptr(unsafe.Pointer(target)), credTypeGeneric, 0, uintptr(unsafe.Pointer(&found)),
	)
	if done == 0 {
		if errors.Is(err, errorNotFound) || errors.Is(err, errorNoSuchLogonSession) {
			return nil, nil
		}
		return nil, fmt.Errorf("CredReadW of %s: %w", name, err)
	}
	// What Windows has allocated: copied before it is freed.
	defer credFree.Call(uintptr(unsafe.Pointer(found)))
	return append([]byte{}, unsafe.Slice(found.blob, found.blobSize)...), nil
}
