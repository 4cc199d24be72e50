// SPDX-License-Identifier: MIT

// The price of runtime.Gosched() between goroutines on one processor: GOMAXPROCS=1 is the caller's.
// Options as in reference.h; prints one line of JSON.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sort"
	"time"
)

func main() {
	tasks := flag.Int("tasks", 2, "goroutines")
	warmup := flag.Int("warmup-ms", 50, "before the first window")
	window := flag.Int("window-ms", 20, "length of a window")
	windows := flag.Int("windows", 10, "windows")
	flag.Parse()
	turns := make([]uint64, *tasks*32) // a line each
	for task := 1; task < *tasks; task++ {
		go func(turns *uint64) {
			for {
				*turns++
				runtime.Gosched()
			}
		}(&turns[task*32])
	}
	var rates []float64
	begin, last := time.Now(), uint64(0)
	end := begin.Add(time.Duration(*warmup) * time.Millisecond)
	for done := 0; done <= *windows; {
		for i := 0; i < 1024; i++ {
			turns[0]++
			runtime.Gosched()
		}
		now := time.Now()
		if now.Before(end) {
			continue
		}
		var sum uint64
		for task := 0; task < *tasks; task++ {
			sum += turns[task*32]
		}
		if done > 0 {
			rates = append(rates, float64(sum-last)/now.Sub(begin).Seconds())
		}
		begin, last, end = now, sum, now.Add(time.Duration(*window)*time.Millisecond)
		done++
	}
	for task := 1; task < *tasks; task++ {
		if turns[task*32] < turns[0]/2 {
			fmt.Fprintln(os.Stderr, "wrong result: a goroutine was passed over")
			os.Exit(3)
		}
	}
	sort.Float64s(rates)
	rate := (rates[(len(rates)-1)/2] + rates[len(rates)/2]) / 2
	fmt.Printf("{\"throughput\": %.1f, \"time_per_op\": %.4f}\n", rate, 1e9/rate)
}
