// SPDX-License-Identifier: MIT

// Echo in Go: a goroutine for each connection, reading and writing as if it could block, over the
// runtime's own poller. The stackful model of a language that was made for it, with nothing tuned
// but the number of its threads, which the caller gives as GOMAXPROCS. Started by drive.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

const (
	firstSocket = 3
	bufferMost  = 64 << 10
)

func fail(code int, what ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"echo.go:"}, what...)...)
	os.Exit(code)
}

func echo(connection net.Conn, bytes int, udp bool) {
	buffer := make([]byte, bytes)
	defer connection.Close()
	for {
		got, err := connection.Read(buffer)
		if got == 0 && err == nil {
			return // udp: the socket was shut down
		}
		if err == nil {
			_, err = connection.Write(buffer[:got])
		}
		// Over UDP an error belongs to a datagram, which is lost, and the socket lives on.
		if err != nil && !udp {
			return
		}
	}
}

// The net package sets TCP_NODELAY by itself.
func acceptAll(bytes int) {
	listener, err := net.FileListener(os.NewFile(firstSocket, "listener"))
	if err != nil {
		fail(3, err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go echo(connection, bytes, false)
	}
}

func main() {
	sockets, err := strconv.Atoi(os.Getenv("ECHO_SOCKETS"))
	if err != nil {
		fail(2, "is started by drive, with its sockets")
	}
	bytes, err := strconv.Atoi(os.Getenv("ECHO_BYTES"))
	if err != nil || bytes > bufferMost {
		bytes = bufferMost
	}
	if os.Getenv("ECHO_TRANSPORT") != "udp" {
		acceptAll(bytes)
		select {}
	}
	for fd := firstSocket; fd < firstSocket+sockets; fd++ {
		// FileConn works on a copy of the descriptor, which the caller's file no longer needs.
		file := os.NewFile(uintptr(fd), "socket")
		connection, err := net.FileConn(file)
		if err != nil {
			fail(3, err)
		}
		file.Close()
		go echo(connection, bytes, true)
	}
	select {}
}
